import type { ResourceBase } from "./resource-base.ts";

export type VerificationStatus = "PENDING" | "VERIFIED" | "VERIFICATION_TIMED_OUT";

/** Proof that a domain is an account's: a TXT record that only its owner can place. */
export interface DomainVerification extends ResourceBase {
  readonly domainName: string;
  readonly status: VerificationStatus;
  /** The record: a label below the domain, and its text. */
  readonly txtMethodConfig: { readonly name: string; readonly value: string };
  /** When the record was last seen; ISO 8601. */
  readonly lastVerifiedTime?: string;
}
