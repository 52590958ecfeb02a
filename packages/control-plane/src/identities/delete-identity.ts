import { conflict } from "@pergola/core";
import { required } from "../constraint.ts";
import { operation } from "../operation.ts";
import { findRole, findUser } from "./get-identity.ts";
import { identityOwners, type StoredAccessKey } from "./identity-keys.ts";
import { identityName } from "./identity-members.ts";

/** DeleteUser (Pergola's own API): refused while the user has access keys. */
export const deleteUser = operation({ name: required(identityName) }, async ({ name }, context) => {
  const { key, value: user } = await findUser(context, name);
  const keys = await context.tx.all<StoredAccessKey>(identityOwners.accessKeys);
  if (keys.some((accessKey) => accessKey.account === user.account && accessKey.userName === name)) {
    throw conflict("USER", name, `user \`${name}\` has access keys; delete them first`);
  }
  context.tx.delete(key);
});

/** DeleteRole (Pergola's own API): its sessions end with it, since nobody vouches for them any more. */
export const deleteRole = operation({ name: required(identityName) }, async ({ name }, context) => {
  context.tx.delete((await findRole(context, name)).key);
});
