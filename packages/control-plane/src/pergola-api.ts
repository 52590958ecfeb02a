import { explain } from "./explain/explain.ts";
import { getRequest } from "./explain/get-request.ts";
import { listHistory } from "./history/list-history.ts";
import { rollback } from "./history/rollback.ts";
import { createAccessKey, deleteAccessKey } from "./identities/access-keys.ts";
import { createRole } from "./identities/create-role.ts";
import { createUser } from "./identities/create-user.ts";
import { deleteRole, deleteUser } from "./identities/delete-identity.ts";
import { getRole, getUser } from "./identities/get-identity.ts";
import { listAccessKeys, listRoles, listUsers } from "./identities/list-identities.ts";
import { updateRole, updateUser } from "./identities/update-identity.ts";
import type { Operation } from "./operation.ts";
import {
  booleanSchema,
  defineOperation,
  documentSchema,
  labelSchema,
  listSchema,
  mapSchema,
  numberSchema,
  querySchema,
  stringSchema,
  structSchema,
} from "./protocol/define-schema.ts";
import type { OperationSchema } from "./protocol/operation-schema.ts";

/**
 * What Pergola has beyond Lattice, under `/pergola/…`, in the same schema language as AWS's API. Never mixed into AWS's paths.
 */
const strings = listSchema(stringSchema);
const page = { maxResults: querySchema("maxResults", numberSchema), nextToken: querySchema("nextToken") };
const pageOutput = { items: listSchema(documentSchema), nextToken: stringSchema };
const user = {
  path: stringSchema,
  tags: mapSchema(stringSchema),
  identityPolicies: strings,
  permissionBoundary: stringSchema,
  orgId: stringSchema,
  orgPaths: strings,
};
const name = { name: labelSchema };
const requestId = { requestId: labelSchema };
const { path: _, ...changes } = user;
const identity = {
  ...user,
  kind: stringSchema,
  arn: stringSchema,
  account: stringSchema,
  name: stringSchema,
  uniqueId: stringSchema,
  createdAt: stringSchema,
};
const role = { ...identity, trustPolicy: stringSchema, maxSessionSeconds: numberSchema };
const roleInput = { trustPolicy: stringSchema, maxSessionSeconds: numberSchema };
const accessKey = { accessKeyId: stringSchema, secretAccessKey: stringSchema, createdAt: stringSchema };

const header = structSchema({ name: stringSchema, value: stringSchema });
const explainInput = {
  service: stringSchema,
  method: stringSchema,
  path: stringSchema,
  as: stringSchema,
  from: stringSchema,
  sourceIp: stringSchema,
  port: numberSchema,
  headers: listSchema(header),
};
const explainOutput = {
  decision: stringSchema,
  message: stringSchema,
  note: stringSchema,
  service: documentSchema,
  caller: documentSchema,
  network: documentSchema,
  policies: documentSchema,
  route: documentSchema,
};
const requestOutput = { record: documentSchema, listenerPort: numberSchema, source: stringSchema };

const historyInput = { ...page, resource: querySchema("resource"), since: querySchema("since") };
const rollbackInput = { to: stringSchema, dryRun: booleanSchema };
const rollbackOutput = { undone: numberSchema, changes: listSchema(documentSchema) };

const table: readonly (readonly [OperationSchema, Operation])[] = [
  [defineOperation("CreateUser", "POST", "/pergola/users", { name: stringSchema, ...user }, identity), createUser],
  [defineOperation("ListUsers", "GET", "/pergola/users", page, pageOutput), listUsers],
  [defineOperation("GetUser", "GET", "/pergola/users/{name}", name, identity), getUser],
  [defineOperation("UpdateUser", "PATCH", "/pergola/users/{name}", { ...name, ...changes }, identity), updateUser],
  [defineOperation("DeleteUser", "DELETE", "/pergola/users/{name}", name), deleteUser],
  [
    defineOperation("CreateRole", "POST", "/pergola/roles", { name: stringSchema, ...user, ...roleInput }, role),
    createRole,
  ],
  [defineOperation("ListRoles", "GET", "/pergola/roles", page, pageOutput), listRoles],
  [defineOperation("GetRole", "GET", "/pergola/roles/{name}", name, role), getRole],
  [
    defineOperation("UpdateRole", "PATCH", "/pergola/roles/{name}", { ...name, ...changes, ...roleInput }, role),
    updateRole,
  ],
  [defineOperation("DeleteRole", "DELETE", "/pergola/roles/{name}", name), deleteRole],
  [defineOperation("CreateAccessKey", "POST", "/pergola/users/{name}/access-keys", name, accessKey), createAccessKey],
  [
    defineOperation("ListAccessKeys", "GET", "/pergola/users/{name}/access-keys", { ...name, ...page }, pageOutput),
    listAccessKeys,
  ],
  [defineOperation("ListHistory", "GET", "/pergola/history", historyInput, pageOutput), listHistory],
  [defineOperation("Rollback", "POST", "/pergola/rollback", rollbackInput, rollbackOutput), rollback],
  [defineOperation("Explain", "POST", "/pergola/explain", explainInput, explainOutput), explain],
  [defineOperation("GetRequest", "GET", "/pergola/requests/{requestId}", requestId, requestOutput), getRequest],
  [
    defineOperation("DeleteAccessKey", "DELETE", "/pergola/access-keys/{accessKeyId}", { accessKeyId: labelSchema }),
    deleteAccessKey,
  ],
];

/** Schemas of Pergola's own operations. */
export const pergolaOperationSchemas: readonly OperationSchema[] = table.map(([schema]) => schema);

/** Pergola's own operations by name. No name may be one of AWS's. */
export const pergolaOperations: Readonly<Record<string, Operation>> = Object.fromEntries(
  table.map(([schema, operation]) => [schema.name, operation]),
);
