/**
 * HTTP status of every error of the VPC Lattice API.
 * Source: botocore vpc-lattice/2022-11-30/service-2.json, read 2026-11. A test compares it with the SDK's schemas.
 */
export const errorStatus = {
  ValidationException: 400,
  ServiceQuotaExceededException: 402,
  AccessDeniedException: 403,
  ResourceNotFoundException: 404,
  ConflictException: 409,
  ThrottlingException: 429,
  InternalServerException: 500,
} as const;

export type ErrorCode = keyof typeof errorStatus;

/** One bad member of a request: `name` is the path of the member (`healthCheck.path`), `message` says what would be right. */
export interface FieldError {
  readonly name: string;
  readonly message: string;
}

/** Why a request is not valid; `cannotParse` is a body that is no JSON, `unknownOperation` a route that does not exist. */
export type ValidationReason = "unknownOperation" | "cannotParse" | "fieldValidationFailed" | "other";

/** An error that the caller is meant to read. Anything else that escapes is a bug and leaves as a bare 500. */
export class LatticeError extends Error {
  override readonly name = "LatticeError";
  readonly code: ErrorCode;
  /** Members of the error's body beside `message`, in the wire's names. */
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, fields: Record<string, unknown> = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.fields = fields;
  }
}

/** `resourceType` of errors. `SERVICE` and `SERVICE_NETWORK` are known from AWS's Gateway API controller; the others are built alike. */
export type ErrorResourceType =
  | "SERVICE"
  | "SERVICE_NETWORK"
  | "LISTENER"
  | "RULE"
  | "TARGET_GROUP"
  | "TARGET"
  | "SERVICE_NETWORK_SERVICE_ASSOCIATION"
  | "SERVICE_NETWORK_VPC_ASSOCIATION"
  | "ACCESS_LOG_SUBSCRIPTION"
  | "AUTH_POLICY"
  | "RESOURCE_POLICY"
  | "RESOURCE_GATEWAY"
  | "RESOURCE_CONFIGURATION"
  | "SERVICE_NETWORK_RESOURCE_ASSOCIATION"
  | "RESOURCE_ENDPOINT_ASSOCIATION"
  | "DOMAIN_VERIFICATION"
  | "VPC"
  | "USER"
  | "ROLE"
  | "ACCESS_KEY";

/**
 * The model requires resourceId and resourceType here; building through this function makes forgetting them impossible.
 * @returns a ResourceNotFoundException (404)
 */
export function notFound(resourceType: ErrorResourceType, resourceId: string): LatticeError {
  return new LatticeError("ResourceNotFoundException", `${resourceType} \`${resourceId}\` not found`, {
    resourceType,
    resourceId,
  });
}

/** @returns a ConflictException (409) about the resource that is in the way */
export function conflict(resourceType: ErrorResourceType, resourceId: string, message: string): LatticeError {
  return new LatticeError("ConflictException", message, { resourceType, resourceId });
}

/** @returns a ValidationException (400) that names each bad member; `fields` must not be empty */
export function invalidFields(fields: readonly FieldError[]): LatticeError {
  const count = fields.length;
  const detail = fields.map((field) => `${field.name}: ${field.message}`).join("; ");
  return new LatticeError(
    "ValidationException",
    `${count} validation error${count === 1 ? "" : "s"} detected: ${detail}`,
    {
      reason: "fieldValidationFailed",
      fieldList: fields,
    },
  );
}

/** @returns a ValidationException (400) about the request as a whole */
export function invalid(reason: ValidationReason, message: string): LatticeError {
  return new LatticeError("ValidationException", message, { reason });
}
