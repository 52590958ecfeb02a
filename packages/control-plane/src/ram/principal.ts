import { owners } from "@pergola/core";
import type { OperationContext } from "../operation.ts";
import { RamError } from "./ram-error.ts";
import type { ResourceShare } from "./share.ts";

/** Whom a share is to be for. */
export interface SharePrincipal {
  /** An account id, or the id of an organization or unit. */
  readonly principal: string;
  /** As the API names it. */
  readonly entity: string;
  /** It has to be invited. */
  readonly external: boolean;
}

const account = /^\d{12}$/;
/** Source: AWS Organizations API reference, patterns of ARNs, read 2026-11. The account is that of the organization's management. */
const organization = /^arn:aws[a-z-]{0,32}:organizations::\d{12}:organization\/(o-[a-z0-9]{10,32})$/;
const unit = /^arn:aws[a-z-]{0,32}:organizations::\d{12}:ou\/(o-[a-z0-9]{10,32})\/(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})$/;

/**
 * @param entity an account id, or the ARN of an organization or unit
 * @throws RamError InvalidParameterException for anything else, UnknownResourceException for an organization or unit that the owner is
 * not in, OperationNotPermittedException where an account would have to be invited and the share is for its organization only
 */
export async function resolvePrincipal(
  context: OperationContext,
  share: ResourceShare,
  entity: string,
): Promise<SharePrincipal> {
  if (account.test(entity)) return resolveAccount(context, share, entity);
  const [, orgId, unitId] = unit.exec(entity) ?? organization.exec(entity) ?? [];
  if (orgId === undefined) {
    const known = "an account id, or the ARN of an organization or organizational unit";
    throw new RamError(
      "InvalidParameterException",
      `\`${entity}\` cannot be a principal of VPC Lattice's resources: use ${known}`,
    );
  }
  const { organizations, caller } = context;
  if (organizations.organizationOf(caller.account)?.orgId !== orgId) {
    const what =
      unitId === undefined ? `Organization ${orgId}` : `OrganizationalUnit ${unitId} in unknown organization`;
    throw new RamError("UnknownResourceException", `${what} could not be found.`);
  }
  if (unitId !== undefined && !organizations.hasUnit(orgId, unitId)) {
    throw new RamError("UnknownResourceException", `OrganizationalUnit ${unitId} could not be found.`);
  }
  if (!(await sharesInside(context, orgId))) {
    throw new RamError(
      "OperationNotPermittedException",
      `sharing within organization ${orgId} is not enabled; call EnableSharingWithAwsOrganization first`,
    );
  }
  return { principal: unitId ?? orgId, entity, external: false };
}

async function resolveAccount(context: OperationContext, share: ResourceShare, id: string): Promise<SharePrincipal> {
  const { organizations, caller } = context;
  if (id === caller.account)
    throw new RamError("InvalidParameterException", `\`${id}\` owns the share; share with other accounts`);
  const [own, its] = [caller.account, id].map((one) => organizations.organizationOf(one)?.orgId);
  const isInside = own !== undefined && own === its && (await sharesInside(context, own));
  if (!isInside && !share.allowExternalPrincipals) {
    throw new RamError(
      "OperationNotPermittedException",
      `\`${id}\` would have to be invited, and \`${share.arn}\` is for the owner's organization only: sharing within the organization may not be enabled, or \`allowExternalPrincipals\` has to be true`,
    );
  }
  return { principal: id, entity: id, external: !isInside };
}

async function sharesInside({ tx }: OperationContext, orgId: string): Promise<boolean> {
  return (await tx.read({ owner: owners.sharingOrganizations, id: orgId })) !== undefined;
}
