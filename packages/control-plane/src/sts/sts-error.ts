/** An STS error: code and status of the AWS query protocol. Source: AWS STS API reference, common errors, read 2026-11. */
export class StsError extends Error {
  override readonly name = "StsError";
  readonly code: string;
  readonly status: number;

  constructor(code: string, status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.status = status;
  }
}

export function validationError(message: string): StsError {
  return new StsError("ValidationError", 400, message);
}

/** One text for every reason: who may not assume a role is not told why. The log has the reason. */
export function assumeDenied(callerArn: string, action: string, resource: string): StsError {
  return new StsError(
    "AccessDenied",
    403,
    `User: ${callerArn} is not authorized to perform: ${action} on resource: ${resource}`,
  );
}
