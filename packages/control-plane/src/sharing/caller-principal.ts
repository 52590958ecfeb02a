import { partitionOf } from "@pergola/core";
import { type AwsPrincipal, parsePrincipalArn } from "@pergola/iam";
import type { OperationContext } from "../operation.ts";

/**
 * @returns the caller as policies see it, with its organization. A caller whom the host has not verified is its account alone: a
 * policy that names a user or role does not mean it.
 */
export function callerPrincipal({ caller, organizations }: OperationContext): AwsPrincipal {
  const { account, region, principal } = caller;
  const root = {
    kind: "aws",
    arn: `arn:${partitionOf(region)}:iam::${account}:root`,
    account,
    type: "Account",
  } as const;
  const known = principal === undefined ? undefined : parsePrincipalArn(principal);
  const organization = organizations.organizationOf(account);
  return {
    ...(known?.account === account ? known : root),
    ...(organization === undefined ? {} : { orgId: organization.orgId, orgPaths: organization.paths }),
    tags: {},
  };
}
