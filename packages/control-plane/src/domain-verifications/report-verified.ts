import type { Logger } from "@pergola/core";
import type { VerifiedDomains } from "./verify-domains.ts";

/** Writes down what a round came to. */
export function reportVerified({ verified, timedOut, failed }: VerifiedDomains, logger: Logger): void {
  for (const domainName of verified) logger.info("a domain is verified", { domainName });
  for (const domainName of timedOut) logger.warn("the verification of a domain has timed out", { domainName });
  for (const details of failed) logger.warn("a domain could not be looked up", details);
}
