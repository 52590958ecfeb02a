import { conflict, partitionOf } from "@pergola/core";
import { compileTrustPolicy, newUniqueId, PolicyError, type RoleIdentity } from "@pergola/iam";
import { type Constraint, integer, optional, required } from "../constraint.ts";
import { operation } from "../operation.ts";
import { userMembers } from "./create-user.ts";
import { roleKey } from "./identity-keys.ts";
import { identityArn, identityName } from "./identity-members.ts";

export const trustPolicy: Constraint<string> = optional((value, path, report) => {
  try {
    compileTrustPolicy(value);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    report({ name: path, message: error.message });
  }
});

/** Seconds. Source: IAM user guide, maximum session duration of a role, read 2026-11. */
export const maxSessionSeconds = integer(3_600, 43_200);
const defaultMaxSessionSeconds = 3_600;

/** CreateRole (Pergola's own API): a principal that those whom its trust policy allows may assume. */
export const createRole = operation(
  { name: required(identityName), trustPolicy: required(trustPolicy), maxSessionSeconds, ...userMembers },
  async (input, { tx, caller, now }) => {
    const {
      name,
      path = "/",
      tags: roleTags = {},
      maxSessionSeconds: seconds = defaultMaxSessionSeconds,
      ...rest
    } = input;
    const key = roleKey(caller.account, name);
    if ((await tx.get(key)) !== undefined)
      throw conflict("ROLE", name, `role \`${name}\` already exists in ${caller.account}`);
    const role: RoleIdentity = {
      kind: "role",
      arn: identityArn(partitionOf(caller.region), caller.account, "role", path, name),
      account: caller.account,
      name,
      uniqueId: newUniqueId("role"),
      tags: roleTags,
      createdAt: now.toISOString(),
      maxSessionSeconds: seconds,
      ...rest,
    };
    tx.create(key, role);
    return role;
  },
);
