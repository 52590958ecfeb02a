import { type Key, notFound } from "@pergola/core";
import type { RoleIdentity, UserIdentity } from "@pergola/iam";
import { required } from "../constraint.ts";
import { type OperationContext, query } from "../operation.ts";
import { roleKey, userKey } from "./identity-keys.ts";
import { identityName } from "./identity-members.ts";

/** @throws LatticeError ResourceNotFoundException */
export async function findUser(
  { tx, caller }: OperationContext,
  name: string,
): Promise<{ key: Key; value: UserIdentity }> {
  const key = userKey(caller.account, name);
  const value = await tx.get<UserIdentity>(key);
  if (value === undefined) throw notFound("USER", name);
  return { key, value };
}

/** @throws LatticeError ResourceNotFoundException */
export async function findRole(
  { tx, caller }: OperationContext,
  name: string,
): Promise<{ key: Key; value: RoleIdentity }> {
  const key = roleKey(caller.account, name);
  const value = await tx.get<RoleIdentity>(key);
  if (value === undefined) throw notFound("ROLE", name);
  return { key, value };
}

/** GetUser and GetRole (Pergola's own API). */
export const getUser = query(
  { name: required(identityName) },
  async ({ name }, context) => (await findUser(context, name)).value,
);
export const getRole = query(
  { name: required(identityName) },
  async ({ name }, context) => (await findRole(context, name)).value,
);
