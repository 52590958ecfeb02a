import type { RequestHead } from "@pergola/core";
import { createSignatureVerifier, type SignatureResult } from "@pergola/iam";
import type { RequestPorts } from "./ports.ts";

/** Finds out who signed a request. A promise only where the verifier is not loaded yet. */
export type SignatureCheck = (head: RequestHead, now: Date) => SignatureResult | Promise<SignatureResult>;

/** @returns the check of signatures for services. Source: VPC Lattice user guide, "SigV4 authenticated requests", read 2026-11. */
export function signatureCheck({ credentials, region }: Pick<RequestPorts, "credentials" | "region">): SignatureCheck {
  const scope = { service: "vpc-lattice-svcs", region, payload: "unsigned-only" } as const;
  return createSignatureVerifier(scope, credentials).verify;
}
