import type { DnsOptions, FieldError } from "@pergola/core";
import { type Constraint, list, oneOf, optional, struct, text } from "../constraint.ts";

const securityGroupId = text({
  min: 5,
  max: 200,
  pattern: /^sg-(?:[0-9a-z]{8}|[0-9a-z]{17})$/,
  form: "a security group id",
});

/** @param min 0 at creation; 1 in an update, since an association's security groups cannot all be taken away again */
export function securityGroupIds(min: 0 | 1): Constraint<readonly string[]> {
  return list(securityGroupId, min, 5);
}

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
