import { isIP } from "node:net";
import { partitionOf, type ResourceConfigurationDefinition, type ResourceGateway, type Scope } from "@pergola/core";
import { type Constraint, list, oneOf, optional, required, struct, text, union } from "../constraint.ts";
import { domainName } from "../field-constraints.ts";
import type { ControlPlaneSettings } from "../operation.ts";
import { vpcAddressFault } from "../target-groups/target-id.ts";
import { cidrFault } from "./cidr-range.ts";

const ipAddress: Constraint<string> = optional((value, path, report) => {
  if (value.length > 39 || isIP(value) === 0) report({ name: path, message: "must be an IP address" });
});

/** Form only; `definitionFault` sees to what fits gateway, account and type. */
export const definitionMembers: Constraint<ResourceConfigurationDefinition> = union({
  // DUALSTACK is in the model and "currently not supported". Source: DnsResource, API reference, read 2026-11.
  dnsResource: struct({ domainName: required(domainName), ipAddressType: required(oneOf("IPV4", "IPV6")) }),
  ipResource: struct({ ipAddress: required(ipAddress) }),
  arnResource: struct({ arn: required(text({ min: 20, max: 2048 })) }),
  cidrResource: struct({ cidrRanges: required(list(text({ min: 1, max: 50 }), 1, 10)) }),
});

/** Source: VPC Lattice user guide, "Resource configurations": ARNs are those of RDS databases, read 2026-11. */
const databaseArn = /^arn:(aws[a-z-]*):rds:([a-z0-9-]+):(\d{12}):(?:db|cluster):[A-Za-z0-9-]{1,63}$/;

/**
 * @param scope account and region of the resource configuration
 * @returns what is wrong with a definition, as the end of «resourceConfigurationDefinition.…», or undefined
 */
export function definitionFault(
  definition: ResourceConfigurationDefinition,
  gateway: ResourceGateway,
  { account, region }: Scope,
  settings: ControlPlaneSettings,
): { readonly member: string; readonly message: string } | undefined {
  if ("dnsResource" in definition) {
    const message = familyFault(gateway, definition.dnsResource.ipAddressType);
    return message === undefined ? undefined : { member: "dnsResource.ipAddressType", message };
  }
  if ("ipResource" in definition) {
    const { ipAddress: address } = definition.ipResource;
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    const message =
      vpcAddressFault(settings, family, address) ?? familyFault(gateway, family === "ipv6" ? "IPV6" : "IPV4");
    return message === undefined ? undefined : { member: "ipResource.ipAddress", message };
  }
  if ("arnResource" in definition) {
    const match = databaseArn.exec(definition.arnResource.arn);
    if (match?.[1] === partitionOf(region) && match[2] === region && match[3] === account) return undefined;
    const start = `arn:${partitionOf(region)}:rds:${region}:${account}`;
    return {
      member: "arnResource.arn",
      message: `must be the ARN of a database of this account and region: \`${start}:db:<name>\` or \`${start}:cluster:<name>\``,
    };
  }
  const message = cidrFault(definition.cidrResource.cidrRanges);
  return message === undefined ? undefined : { member: "cidrResource.cidrRanges", message };
}

function familyFault({ id, ipAddressType }: ResourceGateway, wanted: "IPV4" | "IPV6"): string | undefined {
  if (ipAddressType === "DUALSTACK" || ipAddressType === wanted) return undefined;
  return `must be ${ipAddressType}, as resource gateway \`${id}\` is`;
}
