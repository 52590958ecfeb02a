import { type DomainVerification, type Key, owners } from "@pergola/core";

/** Every item that stands for a domain verification beside its domain's name, all written and deleted with it. */
export function domainVerificationKeys({
  account,
  region,
  id,
}: Pick<DomainVerification, "account" | "region" | "id">): {
  readonly self: Key;
  /** Where `verifyDomains` finds it. */
  readonly watched: Key;
} {
  return {
    self: { owner: owners.domainVerifications({ account, region }), id },
    watched: { owner: owners.watchedDomains, id },
  };
}
