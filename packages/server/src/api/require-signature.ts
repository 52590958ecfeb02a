import { createHash } from "node:crypto";
import { type ApiName, apiOfRequest } from "@pergola/control-plane";
import type { Clock, Logger } from "@pergola/core";
import { type CredentialSource, createSignatureVerifier, type SignatureVerifier } from "@pergola/iam";
import type { ApiError } from "./api-error.ts";

export interface SignedRequest {
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
}

/**
 * What `--require-auth` asks of each request: a SigV4 signature for the API that the request is for (`vpc-lattice`, `tagging`) by an
 * access key of `pergola.json` in this server's region, over the body too.
 * @returns why a request is refused, or undefined
 */
export function createSignatureCheck(
  credentials: CredentialSource,
  region: string,
  clock: Clock,
  logger: Logger,
): (request: SignedRequest) => ApiError | undefined {
  const verifiers = new Map<ApiName, SignatureVerifier>();
  const verifierOf = (service: ApiName): SignatureVerifier => {
    const known = verifiers.get(service) ?? createSignatureVerifier({ service, region, payload: "any" }, credentials);
    verifiers.set(service, known);
    return known;
  };
  return (request) => {
    const { method, target, rawHeaders, body } = request;
    const [path = "", ...rest] = target.split("?");
    const bodyHash = createHash("sha256").update(body).digest("hex");
    const result = verifierOf(apiOfRequest(request)).verify(
      { method, path, query: rest.join("?"), rawHeaders },
      clock.now(),
      bodyHash,
    );
    if (result.kind === "verified") return undefined;
    if (result.kind === "unsigned") {
      return {
        status: 403,
        type: "MissingAuthenticationTokenException",
        message: "missing authentication token: sign the request",
      };
    }
    logger.warn("an API request was refused", { reason: result.reason });
    return { status: 403, type: result.code, message: result.message };
  };
}
