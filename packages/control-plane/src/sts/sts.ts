import * as stsClient from "@aws-sdk/client-sts";
import type { Credential } from "@pergola/iam";
import { createQueryServer, UnknownAction } from "../protocol/query-server.ts";
import { MalformedInput } from "../protocol/read-input.ts";
import type { ApiRequest, ApiResponse, WireError } from "../protocol/rest-server.ts";
import { assumeRole } from "./assume-role.ts";
import { assumeRoleWithWebIdentity } from "./assume-role-with-web-identity.ts";
import { getCallerIdentity } from "./get-caller-identity.ts";
import { getFederationToken } from "./get-federation-token.ts";
import { getSessionToken } from "./get-session-token.ts";
import { StsError } from "./sts-error.ts";
import { requireValid, type StsOperation, type StsPorts } from "./sts-operation.ts";

/** The STS operations that Pergola has. */
const operations: Readonly<Record<string, StsOperation>> = {
  AssumeRole: assumeRole,
  AssumeRoleWithWebIdentity: assumeRoleWithWebIdentity,
  GetCallerIdentity: getCallerIdentity,
  GetFederationToken: getFederationToken,
  GetSessionToken: getSessionToken,
};

/** @returns whether a request is for STS: the one AWS query API that is served, at the root */
export function isStsRequest({ method, target, rawHeaders }: ApiRequest): boolean {
  if (method !== "POST" || target !== "/") return false;
  const index = rawHeaders.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === "content-type");
  return index >= 0 && (rawHeaders[index + 1] ?? "").startsWith("application/x-www-form-urlencoded");
}

/** @returns a function that answers STS requests; it never rejects */
export function createSts(ports: StsPorts): (request: ApiRequest, sourceIp: string) => Promise<ApiResponse> {
  return (request, sourceIp) =>
    createQueryServer({
      client: stsClient,
      namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
      newRequestId: () => ports.ids.requestId(),
      toError: (error, requestId) => toWireError(error, requestId, ports),
      run: async (action, input) => {
        const operation = operations[action];
        if (operation === undefined)
          throw new StsError("NotImplemented", 501, `Pergola does not have the operation \`${action}\``);
        const now = ports.clock.now();
        const credential = operation.caller === "none" ? undefined : authenticate(ports, request, now, operation);
        requireValid(operation.input, input);
        return operation.run(input as never, { ports, now, sourceIp, credential });
      },
    })(request);
}

/** @throws StsError when the caller had to be known and is not */
function authenticate(
  ports: StsPorts,
  request: ApiRequest,
  now: Date,
  operation: StsOperation,
): Credential | undefined {
  const result = ports.authenticate(request, now);
  if (result.kind === "verified") return result.credential;
  if (
    operation.caller === "any" &&
    ports.acceptUnknownCallers &&
    (result.kind === "unsigned" || result.reason === "unknown-access-key")
  ) {
    return undefined;
  }
  if (result.kind === "unsigned") throw new StsError("MissingAuthenticationToken", 403, "the request is not signed");
  ports.logger.warn("an STS request was not authenticated", { reason: result.reason });
  throw new StsError(stsCode(result.code), 403, result.message);
}

/** STS names two errors in its own way. */
function stsCode(code: string): string {
  if (code === "UnrecognizedClientException") return "InvalidClientTokenId";
  if (code === "ExpiredTokenException") return "ExpiredToken";
  return code === "InvalidSignatureException" ? "SignatureDoesNotMatch" : code;
}

function toWireError(error: unknown, requestId: string, { logger }: StsPorts): WireError {
  if (error instanceof StsError) return { name: error.code, status: error.status, body: { message: error.message } };
  if (error instanceof UnknownAction) return { name: "InvalidAction", status: 400, body: { message: error.message } };
  if (error instanceof MalformedInput) {
    const detail = error.faults.map(({ path, expected }) => `${path} must be ${expected}`).join("; ");
    return { name: "ValidationError", status: 400, body: { message: detail === "" ? error.message : detail } };
  }
  logger.error("an STS request failed", { requestId, error });
  return { name: "InternalFailure", status: 500, body: { message: `internal error, request id ${requestId}` } };
}
