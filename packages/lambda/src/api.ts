import {
  type ApiRequest,
  type ControlPlaneOptions,
  createApiSignatureVerifier,
  createControlPlane,
} from "@pergola/control-plane";
import type { Scope } from "@pergola/core";
import type { AwsPrincipal, CredentialSource } from "@pergola/iam";
import { type FunctionUrlEvent, readFunctionUrlEvent } from "./events/function-url-event.ts";
import { type UrlResult, urlResult } from "./events/url-result.ts";

export interface ApiPorts extends Omit<ControlPlaneOptions, "callerOf"> {
  readonly region: string;
  readonly credentials: CredentialSource;
  /** ARNs of users, roles and sessions that may use the API with a signature of their own. */
  readonly adminPrincipals: readonly string[];
  /** Awaited before a signature is looked at. When it rejects, nobody can say who calls: 503. */
  readonly credentialsReady?: (request: ApiRequest) => Promise<void> | undefined;
  /** Awaited before a request of somebody who may use the API. When it rejects, the request cannot be served now: 503. */
  readonly prepare?: (request: ApiRequest) => Promise<void>;
}

export interface Api {
  /** Answers one request; rejects only because of a defect. */
  answer(event: FunctionUrlEvent): Promise<UrlResult>;
}

/** Source: as in the local host: the largest documents of the API are policies of 10 KB. Bytes. */
const maxBody = 1024 * 1024;

/**
 * The control plane for callers that Lambda has verified. Beside them, the principals that the stack names may sign for the API
 * themselves (`vpc-lattice`, or `tagging` and the like for its companions), with a session of Pergola's: AWS's own clients sign for
 * those services, which Lambda does not accept.
 */
export function createApi(ports: ApiPorts): Api {
  const { region, credentials, adminPrincipals, clock, logger } = ports;
  // By the identity of the array: nothing that a client sends can name another caller.
  const callers = new WeakMap<readonly string[], Scope & { readonly principal: string }>();
  const control = createControlPlane({
    ...ports,
    callerOf(rawHeaders) {
      const caller = callers.get(rawHeaders);
      if (caller === undefined) throw new Error("a request reached the control plane without a caller");
      return caller;
    },
  });
  const verify = createApiSignatureVerifier(credentials, region);
  const admins = new Set(adminPrincipals);

  const signer = (request: ApiRequest): AwsPrincipal | Refusal => {
    const result = verify(request, clock.now());
    if (result.kind === "unsigned")
      return {
        status: 403,
        type: "MissingAuthenticationTokenException",
        message: "missing authentication token: sign the request",
      };
    if (result.kind === "rejected") {
      logger.warn("an API request was refused", { reason: result.reason });
      return { status: 403, type: result.code, message: result.message };
    }
    const { principal } = result.credential;
    if (admins.has(principal.arn) || (principal.roleArn !== undefined && admins.has(principal.roleArn)))
      return principal;
    logger.warn("an API request was refused", { principal: principal.arn });
    return {
      status: 403,
      type: "AccessDeniedException",
      message: `${principal.arn} is not among this deployment's administrators`,
    };
  };

  const isReady = async (preparation: Promise<void> | undefined): Promise<boolean> => {
    try {
      await preparation;
      return true;
    } catch (error) {
      logger.error("an API request cannot be served now", { error });
      return false;
    }
  };

  return {
    async answer(event) {
      // The control plane has no hosts and no listeners: what stands before it is believed about neither.
      const request = readFunctionUrlEvent(event, { trustForwardedHost: false });
      if (request === "malformed")
        return refused({ status: 400, type: "ValidationException", message: "the request is malformed" });
      if (request === "unknown-caller")
        return refused({ status: 403, type: "AccessDeniedException", message: "the caller's ARN cannot be read" });
      if (request.body.length > maxBody) {
        const message = `the body is larger than ${maxBody} bytes`;
        return refused({ status: 413, type: "RequestEntityTooLargeException", message });
      }
      const { method, target, rawHeaders } = request.head;
      const apiRequest = { method, target, rawHeaders, body: request.body };
      if (request.principal === undefined && !(await isReady(ports.credentialsReady?.(apiRequest))))
        return refused(unavailable);
      const caller = request.principal ?? signer(apiRequest);
      if ("message" in caller) return refused(caller);
      callers.set(rawHeaders, { account: caller.account, region, principal: caller.arn });
      if (!(await isReady(ports.prepare?.(apiRequest)))) return refused(unavailable);
      const { status, headers, body } = await control.handle(apiRequest);
      return complete(status, Object.entries(headers).flat(), Buffer.from(body));
    },
  };
}

interface Refusal {
  readonly status: number;
  /** `x-amzn-errortype`. */
  readonly type: string;
  readonly message: string;
}

/** Source: VPC Lattice API reference, "Common errors", read 2026-11. AWS's clients try again. */
const unavailable: Refusal = {
  status: 503,
  type: "ServiceUnavailable",
  message: "the keys that this takes cannot be read now: try again",
};

function refused({ status, type, message }: Refusal): UrlResult {
  const rawHeaders = ["content-type", "application/json", "x-amzn-errortype", type];
  // REST clients read the header, clients of the JSON APIs `__type`.
  return complete(status, rawHeaders, Buffer.from(JSON.stringify({ __type: type, message })));
}

function complete(status: number, rawHeaders: readonly string[], body: Buffer): UrlResult {
  const result = urlResult({ status, rawHeaders, body });
  // Pages are of 100 items at most: some hundred KB.
  if (typeof result === "string") throw new Error(result);
  return result;
}
