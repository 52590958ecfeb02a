import * as ramClient from "@aws-sdk/client-ram";
import { NormalizedSchema } from "@smithy/core/schema";
import type { SchemaSource } from "../protocol/define-schema.ts";

/** What AWS Resource Access Manager calls its errors. */
export type RamErrorCode =
  | "IdempotentParameterMismatchException"
  | "InvalidClientTokenException"
  | "InvalidMaxResultsException"
  | "InvalidNextTokenException"
  | "InvalidParameterException"
  | "InvalidResourceTypeException"
  | "InvalidStateTransitionException"
  | "MalformedArnException"
  | "MissingRequiredParameterException"
  | "MalformedPolicyTemplateException"
  | "OperationNotPermittedException"
  | "PermissionAlreadyExistsException"
  | "PermissionLimitExceededException"
  | "PermissionVersionsLimitExceededException"
  | "ResourceShareInvitationAlreadyAcceptedException"
  | "ResourceShareInvitationAlreadyRejectedException"
  | "ResourceShareInvitationArnNotFoundException"
  | "ResourceShareInvitationExpiredException"
  | "ResourceShareLimitExceededException"
  | "ServerInternalException"
  | "TagLimitExceededException"
  | "TagPolicyViolationException"
  | "ThrottlingException"
  | "UnknownResourceException";

/** An error that RAM has a name of its own for. */
export class RamError extends Error {
  override readonly name = "RamError";
  readonly code: RamErrorCode;

  constructor(code: RamErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The first element of an error's schema in `@smithy/types` (StaticErrorSchema). */
const errorTag = -3;

const schemas = Object.values(ramClient).filter((value) => Array.isArray(value) && value[0] === errorTag);

const statuses = new Map(
  schemas
    .map((schema) => NormalizedSchema.of(schema as unknown as SchemaSource))
    .map((schema) => [schema.getName(), Number(schema.getMergedTraits().httpError)]),
);

/** @returns the HTTP status of an error, as the SDK's schemas have it */
export function ramStatus(code: RamErrorCode): number {
  return statuses.get(code) ?? 400;
}
