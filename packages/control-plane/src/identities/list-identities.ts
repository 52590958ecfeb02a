import type { RoleIdentity, UserIdentity } from "@pergola/iam";
import { required } from "../constraint.ts";
import { paging } from "../field-constraints.ts";
import { type OperationContext, query } from "../operation.ts";
import { listPage } from "../page.ts";
import { findUser } from "./get-identity.ts";
import { identityOwners, type StoredAccessKey } from "./identity-keys.ts";
import { identityName } from "./identity-members.ts";

/** ListUsers and ListRoles (Pergola's own API): the caller's account's, by name. */
export const listUsers = query(paging, (input, context) =>
  listPage<UserIdentity, UserIdentity>(context, "users", identityOwners.users, input, ofAccount(context)),
);
export const listRoles = query(paging, (input, context) =>
  listPage<RoleIdentity, RoleIdentity>(context, "roles", identityOwners.roles, input, ofAccount(context)),
);

function ofAccount({
  caller,
}: OperationContext): <T extends { readonly account: string }>(identity: T) => T | undefined {
  return (identity) => (identity.account === caller.account ? identity : undefined);
}

/** ListAccessKeys (Pergola's own API): a user's, without their secrets. */
export const listAccessKeys = query({ name: required(identityName), ...paging }, async (input, context) => {
  const { value: user } = await findUser(context, input.name);
  return listPage<StoredAccessKey, unknown>(context, "access-keys", identityOwners.accessKeys, input, (key) =>
    key.account === user.account && key.userName === user.name
      ? { accessKeyId: key.accessKeyId, createdAt: key.createdAt }
      : undefined,
  );
});
