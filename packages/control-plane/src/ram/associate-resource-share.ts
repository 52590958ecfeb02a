import { list, required } from "../constraint.ts";
import { operation } from "../operation.ts";
import { addToShare } from "./add-to-share.ts";
import { getActiveShare } from "./find-share.ts";
import { clientTokenMember, principalMember, principals, resourceArns, shareArnMember } from "./members.ts";
import { RamError } from "./ram-error.ts";
import { refuseSources } from "./sources.ts";
import { associationView } from "./views.ts";

/** Members of AssociateResourceShare and DisassociateResourceShare. */
export const entityMembers = {
  resourceShareArn: required(shareArnMember),
  resourceArns,
  principals,
  clientToken: clientTokenMember,
  sources: list(principalMember, 0, 100),
};

/** AssociateResourceShare: more resources, more principals. What the share has already is answered as it is. */
export const associateResourceShare = operation(entityMembers, async (input, context) => {
  refuseSources(input.sources);
  requireSome(input);
  const found = await getActiveShare(context, input.resourceShareArn);
  const { share, associations } = await addToShare(context, found.share, input);
  // Rewritten even where nothing of it changes: a racing deletion of the share, or another addition, starts again.
  context.tx.put(found.key, share);
  return {
    resourceShareAssociations: associations.map((one) => associationView(context, share, one, true)),
    clientToken: input.clientToken,
  };
});

/** @throws RamError MissingRequiredParameterException for a request that names nothing */
export function requireSome(input: {
  readonly resourceArns?: readonly string[];
  readonly principals?: readonly string[];
}): void {
  if ((input.resourceArns?.length ?? 0) + (input.principals?.length ?? 0) > 0) return;
  throw new RamError("MissingRequiredParameterException", "name resourceArns, principals or both");
}
