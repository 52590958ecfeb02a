import { conflict, partitionOf } from "@pergola/core";
import { newUniqueId, type UserIdentity } from "@pergola/iam";
import { required } from "../constraint.ts";
import { tags } from "../field-constraints.ts";
import { operation } from "../operation.ts";
import { userKey } from "./identity-keys.ts";
import {
  identityArn,
  identityName,
  identityPath,
  identityPolicies,
  identityPolicy,
  organizationId,
  organizationPaths,
} from "./identity-members.ts";

export const userMembers = {
  path: identityPath,
  tags,
  identityPolicies,
  permissionBoundary: identityPolicy,
  orgId: organizationId,
  orgPaths: organizationPaths,
};

/** CreateUser (Pergola's own API): a principal that may get access keys. */
export const createUser = operation(
  { name: required(identityName), ...userMembers },
  async (input, { tx, caller, now }) => {
    const { name, path = "/", tags: userTags = {}, ...rest } = input;
    const key = userKey(caller.account, name);
    if ((await tx.get(key)) !== undefined)
      throw conflict("USER", name, `user \`${name}\` already exists in ${caller.account}`);
    const user: UserIdentity = {
      kind: "user",
      arn: identityArn(partitionOf(caller.region), caller.account, "user", path, name),
      account: caller.account,
      name,
      uniqueId: newUniqueId("user"),
      tags: userTags,
      createdAt: now.toISOString(),
      ...rest,
    };
    tx.create(key, user);
    return user;
  },
);
