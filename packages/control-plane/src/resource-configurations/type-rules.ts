import type { FieldError, ResourceConfigurationDefinition, ResourceConfigurationType } from "@pergola/core";

/** Which members a type of resource configuration has. Source: CreateResourceConfiguration, API reference, read 2026-11. */
interface TypeRules {
  readonly needs: readonly MemberName[];
  readonly mayHave: readonly MemberName[];
  /** Members of the definition, of which there is one. */
  readonly definitions: readonly string[];
}

type MemberName =
  | "resourceGatewayIdentifier"
  | "resourceConfigurationGroupIdentifier"
  | "resourceConfigurationDefinition"
  | "portRanges"
  | "customDomainName"
  | "groupDomain"
  | "domainVerificationIdentifier";

const memberNames: readonly MemberName[] = [
  "resourceGatewayIdentifier",
  "resourceConfigurationGroupIdentifier",
  "resourceConfigurationDefinition",
  "portRanges",
  "customDomainName",
  "groupDomain",
  "domainVerificationIdentifier",
];

const typeRules: Readonly<Record<ResourceConfigurationType, TypeRules>> = {
  SINGLE: {
    needs: ["resourceGatewayIdentifier", "resourceConfigurationDefinition", "portRanges"],
    mayHave: ["customDomainName", "domainVerificationIdentifier"],
    definitions: ["dnsResource", "ipResource"],
  },
  GROUP: {
    needs: ["resourceGatewayIdentifier"],
    mayHave: ["portRanges", "groupDomain", "domainVerificationIdentifier"],
    definitions: [],
  },
  CHILD: {
    needs: ["resourceConfigurationGroupIdentifier", "resourceConfigurationDefinition", "portRanges"],
    mayHave: ["resourceGatewayIdentifier", "customDomainName"],
    definitions: ["dnsResource", "ipResource"],
  },
  ARN: {
    needs: ["resourceGatewayIdentifier", "resourceConfigurationDefinition"],
    mayHave: ["customDomainName", "domainVerificationIdentifier"],
    definitions: ["arnResource"],
  },
  CIDR: {
    needs: ["resourceGatewayIdentifier", "resourceConfigurationDefinition", "portRanges"],
    mayHave: [],
    definitions: ["cidrResource"],
  },
};

interface TypedInput extends Readonly<Partial<Record<MemberName, unknown>>> {
  readonly type: ResourceConfigurationType;
  readonly resourceConfigurationDefinition?: ResourceConfigurationDefinition;
  readonly protocol?: string;
  readonly allowAssociationToShareableServiceNetwork?: boolean;
}

/** @returns every member of a create that its type needs and does not have, or has and must not */
export function typeFaults(input: TypedInput): FieldError[] {
  const { type, resourceConfigurationDefinition: definition } = input;
  const { needs, mayHave } = typeRules[type];
  const faults: FieldError[] = [];
  for (const name of memberNames) {
    if (input[name] === undefined && needs.includes(name)) {
      faults.push({ name, message: `is required with the type ${type}` });
    } else if (input[name] !== undefined && !needs.includes(name) && !mayHave.includes(name)) {
      faults.push({ name, message: `is not allowed with the type ${type}` });
    }
  }
  if (definition !== undefined && needs.includes("resourceConfigurationDefinition")) {
    faults.push(...definitionKindFaults(type, definition));
  }
  if (input.protocol === "TCP_UDP" && type !== "CIDR") {
    faults.push({ name: "protocol", message: `must be TCP with the type ${type}` });
  }
  if (input.allowAssociationToShareableServiceNetwork === true && (type === "CHILD" || type === "CIDR")) {
    const message = `must not be true with the type ${type}`;
    faults.push({ name: "allowAssociationToShareableServiceNetwork", message });
  }
  return faults;
}

/** @returns the fault of a definition that is not of its type's kind; also for updates */
export function definitionKindFaults(
  type: ResourceConfigurationType,
  definition: ResourceConfigurationDefinition,
): FieldError[] {
  const { definitions } = typeRules[type];
  if (definitions.some((kind) => kind in definition)) return [];
  const name = "resourceConfigurationDefinition";
  if (definitions.length === 0) return [{ name, message: `is not allowed with the type ${type}` }];
  return [{ name, message: `must be ${definitions.map((kind) => `\`${kind}\``).join(" or ")} with the type ${type}` }];
}

/** @returns whether a configuration of this type has ports of its own */
export function hasPorts(type: ResourceConfigurationType): boolean {
  const { needs, mayHave } = typeRules[type];
  return needs.includes("portRanges") || mayHave.includes("portRanges");
}
