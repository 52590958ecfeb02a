import { owners } from "@pergola/core";
import { operation } from "../operation.ts";
import { RamError } from "./ram-error.ts";

/**
 * EnableSharingWithAwsOrganization: accounts of the caller's organization share without invitations from then on, in every region.
 * AWS takes it from the organization's management account only; `pergola.json` does not say which that is.
 */
export const enableSharingWithAwsOrganization = operation({}, async (_, { tx, caller, organizations, now }) => {
  const orgId = organizations.organizationOf(caller.account)?.orgId;
  if (orgId === undefined) {
    const message = `${caller.account} is in no organization; \`organizations\` in the configuration file says who is in which`;
    throw new RamError("OperationNotPermittedException", message);
  }
  const key = { owner: owners.sharingOrganizations, id: orgId };
  if ((await tx.get(key)) === undefined) tx.create(key, { enabledAt: now.toISOString(), by: caller.account });
  return { returnValue: true };
});
