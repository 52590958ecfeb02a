import { type OperationContext, operation } from "../operation.ts";
import { entityMembers, requireSome } from "./associate-resource-share.ts";
import { getActiveShare, unknownShare } from "./find-share.ts";
import { RamError } from "./ram-error.ts";
import { endAssociation, endPrincipal } from "./remove-from-share.ts";
import {
  type PrincipalAssociation,
  partsOfArn,
  principalAssociationKey,
  type ResourceShare,
  resourceAssociationKey,
  type ShareAssociation,
  shareArnPattern,
  shareKey,
} from "./share.ts";
import { refuseSources } from "./sources.ts";
import { associationView } from "./views.ts";

/** As many as AssociateResourceShare takes. */
const maxPerRequest = 30;

interface Entities {
  readonly resourceArns?: readonly string[];
  readonly principals?: readonly string[];
}

/**
 * DisassociateResourceShare: the owner takes resources or principals out, or an account that was invited leaves. Associations that
 * were made with the resources stay.
 */
export const disassociateResourceShare = operation(entityMembers, async (input, context) => {
  refuseSources(input.sources);
  requireSome(input);
  const { account } = partsOfArn(shareArnPattern, input.resourceShareArn);
  const { share, ended } =
    account === context.caller.account
      ? await takeOut(context, input.resourceShareArn, input)
      : await leave(context, input.resourceShareArn, input);
  return {
    resourceShareAssociations: ended.map((one) => associationView(context, share, one, true)),
    clientToken: input.clientToken,
  };
});

interface Outcome {
  readonly share: ResourceShare;
  readonly ended: readonly ShareAssociation[];
}

async function takeOut(context: OperationContext, arn: string, entities: Entities): Promise<Outcome> {
  const { share } = await getActiveShare(context, arn);
  const keys = [
    ...[...new Set(entities.resourceArns)].map((one) => [one, resourceAssociationKey(share, one)] as const),
    ...[...new Set(entities.principals)].map((one) => [one, principalAssociationKey(share, principalOf(one))] as const),
  ];
  if (keys.length > maxPerRequest) {
    const message = `${keys.length} resources and principals are more than the ${maxPerRequest} that one request may name`;
    throw new RamError("ResourceShareLimitExceededException", message);
  }
  const ended: ShareAssociation[] = [];
  for (const [entity, key] of keys) {
    const association = await context.tx.get<ShareAssociation>(key);
    if (association === undefined || association.status === "DISASSOCIATED") {
      throw new RamError("UnknownResourceException", `\`${entity}\` is not associated with \`${arn}\``);
    }
    ended.push(endAssociation(context, share, association));
  }
  return { share, ended };
}

/** @returns what a principal is found by: the last part of an organization's or unit's ARN */
function principalOf(entity: string): string {
  return entity.slice(entity.lastIndexOf("/") + 1);
}

/** @throws RamError UnknownResourceException, OperationNotPermittedException */
async function leave(context: OperationContext, arn: string, entities: Entities): Promise<Outcome> {
  const { tx, caller } = context;
  const { id, ...scope } = partsOfArn(shareArnPattern, arn);
  const share = scope.region === caller.region ? await tx.get<ResourceShare>(shareKey(scope, id)) : undefined;
  const association = share && (await tx.get<PrincipalAssociation>(principalAssociationKey(share, caller.account)));
  if (share === undefined || share.arn !== arn || association?.status !== "ASSOCIATED") throw unknownShare(arn);
  const [principal, ...others] = entities.principals ?? [];
  if (principal !== caller.account || others.length > 0 || (entities.resourceArns?.length ?? 0) > 0) {
    const message = `\`${arn}\` belongs to ${scope.account}; ${caller.account} can only take itself out: \`principals: ["${caller.account}"]\``;
    throw new RamError("OperationNotPermittedException", message);
  }
  if (!association.external) {
    const message = `\`${arn}\` is shared within the organization, which no account of it can leave by itself`;
    throw new RamError("OperationNotPermittedException", message);
  }
  return { share, ended: [endPrincipal(context, share, association)] };
}
