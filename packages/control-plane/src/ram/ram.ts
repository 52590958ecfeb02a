import * as ramClient from "@aws-sdk/client-ram";
import { type Caller, type FieldError, LatticeError } from "@pergola/core";
import { createErrorWriter } from "../companion-error.ts";
import { NotImplemented } from "../not-implemented.ts";
import type { ControlPlanePorts, Operation } from "../operation.ts";
import { readOperationSchemas } from "../protocol/operation-schema.ts";
import { type ApiRequest, type ApiResponse, createRestServer, type WireError } from "../protocol/rest-server.ts";
import { createRouter } from "../protocol/route.ts";
import { runOperation } from "../run-operation.ts";
import type { WriteQueue } from "../write-queue.ts";
import { acceptResourceShareInvitation, rejectResourceShareInvitation } from "./answer-invitation.ts";
import { associateResourceShare } from "./associate-resource-share.ts";
import { createResourceShare } from "./create-resource-share.ts";
import {
  createPermission,
  createPermissionVersion,
  deletePermission,
  deletePermissionVersion,
  setDefaultPermissionVersion,
} from "./customer-permission.ts";
import { deleteResourceShare } from "./delete-resource-share.ts";
import { disassociateResourceShare } from "./disassociate-resource-share.ts";
import { enableSharingWithAwsOrganization } from "./enable-sharing.ts";
import { getResourcePolicies } from "./get-resource-policies.ts";
import { getResourceShareAssociations, listSourceAssociations } from "./get-resource-share-associations.ts";
import { getResourceShareInvitations } from "./get-resource-share-invitations.ts";
import { getResourceShares } from "./get-resource-shares.ts";
import {
  getPermission,
  listPermissionAssociations,
  listPermissions,
  listPermissionVersions,
  listResourceSharePermissions,
  listResourceTypes,
} from "./list-permissions.ts";
import { listPrincipals } from "./list-principals.ts";
import { listPendingInvitationResources, listResources } from "./list-resources.ts";
import { RamError, type RamErrorCode, ramStatus } from "./ram-error.ts";
import {
  listReplacePermissionAssociationsWork,
  replacePermissionAssociations,
} from "./replace-permission-associations.ts";
import { associateResourceSharePermission, disassociateResourceSharePermission } from "./share-permission.ts";
import { tagShare, untagShare } from "./tag-share.ts";
import { updateResourceShare } from "./update-resource-share.ts";

const operations: Readonly<Record<string, Operation>> = {
  CreateResourceShare: createResourceShare,
  UpdateResourceShare: updateResourceShare,
  DeleteResourceShare: deleteResourceShare,
  GetResourceShares: getResourceShares,
  AssociateResourceShare: associateResourceShare,
  DisassociateResourceShare: disassociateResourceShare,
  GetResourceShareAssociations: getResourceShareAssociations,
  ListSourceAssociations: listSourceAssociations,
  GetResourceShareInvitations: getResourceShareInvitations,
  AcceptResourceShareInvitation: acceptResourceShareInvitation,
  RejectResourceShareInvitation: rejectResourceShareInvitation,
  ListPendingInvitationResources: listPendingInvitationResources,
  ListResources: listResources,
  ListPrincipals: listPrincipals,
  GetResourcePolicies: getResourcePolicies,
  ListPermissions: listPermissions,
  GetPermission: getPermission,
  ListPermissionVersions: listPermissionVersions,
  ListResourceSharePermissions: listResourceSharePermissions,
  AssociateResourceSharePermission: associateResourceSharePermission,
  DisassociateResourceSharePermission: disassociateResourceSharePermission,
  ListPermissionAssociations: listPermissionAssociations,
  CreatePermission: createPermission,
  CreatePermissionVersion: createPermissionVersion,
  SetDefaultPermissionVersion: setDefaultPermissionVersion,
  DeletePermissionVersion: deletePermissionVersion,
  DeletePermission: deletePermission,
  ReplacePermissionAssociations: replacePermissionAssociations,
  ListReplacePermissionAssociationsWork: listReplacePermissionAssociationsWork,
  ListResourceTypes: listResourceTypes,
  EnableSharingWithAwsOrganization: enableSharingWithAwsOrganization,
  TagResource: tagShare,
  UntagResource: untagShare,
};

const schemas = readOperationSchemas(ramClient);
const route = createRouter(schemas);

/** @returns whether a request has the method and path of an operation of RAM; none of them is another API's too */
export function isRamRequest({ method, target }: ApiRequest): boolean {
  return route(method, target.split("?", 1)[0] ?? "") !== undefined;
}

/** @returns a function that answers requests of AWS Resource Access Manager's API; it never rejects */
export function createRam(
  ports: ControlPlanePorts,
  queue: WriteQueue,
  callerOf: (request: ApiRequest, requestId: string) => Caller,
): (request: ApiRequest) => Promise<ApiResponse> {
  const others = createErrorWriter(
    {
      ConflictException: named("IdempotentParameterMismatchException"),
      ThrottlingException: named("ThrottlingException"),
      InternalServerException: named("ServerInternalException"),
      otherwise: named("InvalidParameterException"),
    },
    ports.logger,
  );
  return createRestServer({
    operations: schemas,
    newRequestId: () => ports.ids.requestId(),
    toError: (error, requestId) => toWireError(error) ?? others(error, requestId),
    run: async (name, input, request, requestId) => {
      const operation = operations[name];
      if (operation === undefined) throw new NotImplemented(`ram:${name}`);
      return runOperation(name, operation, input, callerOf(request, requestId), ports, queue);
    },
  });
}

function named(code: RamErrorCode): readonly [string, number] {
  return [code, ramStatus(code)];
}

function toWireError(error: unknown): WireError | undefined {
  if (error instanceof RamError) return wireError(error.code, error.message);
  if (error instanceof LatticeError && error.code === "ValidationException") {
    const fields = (error.fields.fieldList ?? []) as readonly FieldError[];
    return wireError(codeOf(fields), error.message);
  }
  return undefined;
}

function wireError(code: RamErrorCode, message: string): WireError {
  return { name: code, status: ramStatus(code), body: { message } };
}

/** RAM names the kind of mistake where VPC Lattice lists the members. */
function codeOf(fields: readonly FieldError[]): RamErrorCode {
  const [first] = fields;
  if (fields.some(({ message }) => message === "is required")) return "MissingRequiredParameterException";
  if (first === undefined) return "InvalidParameterException";
  if (first.name === "maxResults") return "InvalidMaxResultsException";
  if (first.name === "nextToken") return "InvalidNextTokenException";
  if (first.name === "clientToken") return "InvalidClientTokenException";
  return /Arns?(?:\[\d+\])?$/.test(first.name) ? "MalformedArnException" : "InvalidParameterException";
}
