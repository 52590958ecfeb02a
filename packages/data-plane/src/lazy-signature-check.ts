import { headerValue } from "@pergola/core";
import type { RequestPorts } from "./ports.ts";
import type { SignatureCheck } from "./signature-check.ts";

/**
 * @returns a check that loads the verifier with the first request that may be signed: on Lambda most callers are verified already, or
 * nobody is
 */
export function lazySignatureCheck(ports: Pick<RequestPorts, "credentials" | "region">): SignatureCheck {
  let check: SignatureCheck | undefined;
  return (head, now) => {
    if (check !== undefined) return check(head, now);
    // INVARIANT: whatever the verifier takes for a signature is in one of these two places; what is in them, it decides.
    if (head.query === "" && headerValue(head.rawHeaders, "authorization") === undefined) return { kind: "unsigned" };
    return import("./signature-check.ts").then(({ signatureCheck }) => {
      check ??= signatureCheck(ports);
      return check(head, now);
    });
  };
}
