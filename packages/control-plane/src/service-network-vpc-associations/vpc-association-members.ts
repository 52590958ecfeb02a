import type { DnsOptions, FieldError } from "@pergola/core";
import { type Constraint, list, oneOf, optional, struct, text } from "../constraint.ts";

const dnsMembers = struct({
  privateDnsPreference: oneOf(
    "VERIFIED_DOMAINS_ONLY",
    "ALL_DOMAINS",
    "VERIFIED_DOMAINS_AND_SPECIFIED_DOMAINS",
    "SPECIFIED_DOMAINS_ONLY",
  ),
  privateDnsSpecifiedDomains: list(text({ min: 1, max: 255 }), 1, 10),
});

/** Domains are listed exactly when the preference speaks of specified ones. */
export const dnsOptions: Constraint<DnsOptions> = optional((value, path, report) => {
  let faulty = false;
  const mark = (error: FieldError): void => {
    faulty = true;
    report(error);
  };
  dnsMembers.check(value as Parameters<typeof dnsMembers.check>[0], path, mark);
  if (faulty) return;
  const { privateDnsPreference: preference = "VERIFIED_DOMAINS_ONLY", privateDnsSpecifiedDomains: domains } = value;
  const specified = preference.includes("SPECIFIED");
  const name = `${path}.privateDnsSpecifiedDomains`;
  if (specified && domains === undefined) report({ name, message: `is required with the preference ${preference}` });
  if (!specified && domains !== undefined)
    report({ name, message: `is not allowed with the preference ${preference}` });
});
