import { required } from "../constraint.ts";
import { operation } from "../operation.ts";
import { maxSessionSeconds, trustPolicy } from "./create-role.ts";
import { userMembers } from "./create-user.ts";
import { findRole, findUser } from "./get-identity.ts";
import { identityName } from "./identity-members.ts";

const { path: _, ...changeable } = userMembers;

/** UpdateUser and UpdateRole (Pergola's own API): members given replace what is there. */
export const updateUser = operation(
  { name: required(identityName), ...changeable },
  async ({ name, ...changes }, context) => {
    const { key, value } = await findUser(context, name);
    const user = { ...value, ...changes };
    context.tx.put(key, user);
    return user;
  },
);
export const updateRole = operation(
  { name: required(identityName), trustPolicy, maxSessionSeconds, ...changeable },
  async ({ name, ...changes }, context) => {
    const { key, value } = await findRole(context, name);
    const role = { ...value, ...changes };
    context.tx.put(key, role);
    return role;
  },
);
