import type { DnsOptions, FieldError } from "@pergola/core";
import { type Constraint, list, oneOf, optional, struct, text } from "../constraint.ts";

/** The model admits any text; nothing but a domain, or all below one, could ever be asked for. */
const specifiedDomain = text({
  min: 1,
  max: 255,
  pattern: /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?)*$/i,
  form: "a domain name, or `*.` and one",
});

const dnsMembers = struct({
  privateDnsPreference: oneOf(
    "VERIFIED_DOMAINS_ONLY",
    "ALL_DOMAINS",
    "VERIFIED_DOMAINS_AND_SPECIFIED_DOMAINS",
    "SPECIFIED_DOMAINS_ONLY",
  ),
  privateDnsSpecifiedDomains: list(specifiedDomain, 1, 10),
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
