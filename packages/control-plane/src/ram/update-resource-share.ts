import { owners } from "@pergola/core";
import { flag, required } from "../constraint.ts";
import { type OperationContext, operation } from "../operation.ts";
import { getActiveShare } from "./find-share.ts";
import { clientTokenMember, shareArnMember, shareName } from "./members.ts";
import { RamError } from "./ram-error.ts";
import type { PrincipalAssociation, ResourceShare } from "./share.ts";
import { currentAssociation, shareView } from "./views.ts";

/** UpdateResourceShare: its name, and whether accounts outside the organization may be invited. */
export const updateResourceShare = operation(
  {
    resourceShareArn: required(shareArnMember),
    name: shareName,
    allowExternalPrincipals: flag,
    clientToken: clientTokenMember,
  },
  async (input, context) => {
    const { tx, now } = context;
    const { key, share } = await getActiveShare(context, input.resourceShareArn);
    const { name = share.name, allowExternalPrincipals = share.allowExternalPrincipals } = input;
    if (!allowExternalPrincipals && share.allowExternalPrincipals) await requireNoExternal(context, share);
    const changed: ResourceShare = { ...share, name, allowExternalPrincipals, lastUpdatedAt: now.toISOString() };
    tx.put(key, changed);
    return { resourceShare: shareView(context, changed), clientToken: input.clientToken };
  },
);

/** @throws RamError OperationNotPermittedException */
async function requireNoExternal(context: OperationContext, share: ResourceShare): Promise<void> {
  const { items } = await context.tx.page<PrincipalAssociation>(owners.shareAssociations(share), {
    prefix: `${share.id}/principal/`,
    limit: 1000,
  });
  const external = items
    .map(({ value }) => currentAssociation(context, value))
    .find((one) => one.external && (one.status === "ASSOCIATED" || one.status === "ASSOCIATING"));
  if (external === undefined) return;
  throw new RamError(
    "OperationNotPermittedException",
    `\`${external.entity}\` was invited from outside the organization; take it out of the share first`,
  );
}
