import { createApiSignatureVerifier } from "@pergola/control-plane";
import type { Clock, Logger } from "@pergola/core";
import type { CredentialSource } from "@pergola/iam";
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
  const verify = createApiSignatureVerifier(credentials, region);
  return (request) => {
    const result = verify(request, clock.now());
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
