import { createHash } from "node:crypto";
import {
  type CredentialSource,
  createSignatureVerifier,
  type SignatureResult,
  type SignatureVerifier,
} from "@pergola/iam";
import { type ApiName, apiOfRequest } from "./api-of-request.ts";
import type { ApiRequest } from "./protocol/rest-server.ts";

/** Finds out who signed a request of the API, over its body too. */
export type ApiSignatureVerifier = (request: ApiRequest, now: Date) => SignatureResult;

/**
 * Verifies requests of all APIs that share the control plane's address, each for the service whose name its clients sign for
 * (`vpc-lattice`, `tagging`, …): a signature for one is none for another.
 * @param region that the credential scope has to name
 */
export function createApiSignatureVerifier(credentials: CredentialSource, region: string): ApiSignatureVerifier {
  const verifiers = new Map<ApiName, SignatureVerifier>();
  const verifierOf = (service: ApiName): SignatureVerifier => {
    const known = verifiers.get(service) ?? createSignatureVerifier({ service, region, payload: "any" }, credentials);
    verifiers.set(service, known);
    return known;
  };
  return (request, now) => {
    const { method, target, rawHeaders, body } = request;
    const [path = "", ...rest] = target.split("?");
    const bodyHash = createHash("sha256").update(body).digest("hex");
    return verifierOf(apiOfRequest(request)).verify({ method, path, query: rest.join("?"), rawHeaders }, now, bodyHash);
  };
}
