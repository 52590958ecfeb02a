import {
  type FieldError,
  invalidFields,
  owners,
  type ResourceConfiguration,
  type ResourceConfigurationDefinition,
  type ResourceConfigurationType,
  type ResourceGateway,
} from "@pergola/core";
import { requireSettled } from "../lifecycle.ts";
import { getDomainVerification, getResourceConfiguration, getResourceGateway } from "../locate.ts";
import type { OperationContext } from "../operation.ts";
import { quotas, requireQuota } from "../quota.ts";
import { definitionFault } from "./definition.ts";
import { liesWithin } from "./domain-within.ts";

/** A create whose members fit its type. */
export interface ConfigurationInput {
  readonly type: ResourceConfigurationType;
  readonly portRanges?: readonly string[];
  readonly protocol?: "TCP" | "TCP_UDP";
  readonly resourceGatewayIdentifier?: string;
  readonly resourceConfigurationGroupIdentifier?: string;
  readonly resourceConfigurationDefinition?: ResourceConfigurationDefinition;
  readonly allowAssociationToShareableServiceNetwork?: boolean;
  readonly customDomainName?: string;
  readonly groupDomain?: string;
  readonly domainVerificationIdentifier?: string;
}

/** What a create comes to, with everything that it names looked up. */
export interface NewConfiguration {
  readonly gateway: ResourceGateway;
  readonly group: ResourceConfiguration | undefined;
  readonly members: Pick<ResourceConfiguration, "resourceGatewayId"> & Partial<ResourceConfiguration>;
}

/**
 * Looks up what a create names, fills in defaults and what a child has from its group.
 * @throws LatticeError ResourceNotFoundException, ConflictException (not settled yet), ValidationException or
 * ServiceQuotaExceededException (a group's children)
 */
export async function resolveMembers(context: OperationContext, input: ConfigurationInput): Promise<NewConfiguration> {
  const group = await groupOf(context, input);
  const gateway = await gatewayOf(context, input, group);
  const faults = [...definitionFaults(context, gateway, input), ...resolutionFaults(gateway, input)];
  if (faults.length > 0) throw invalidFields(faults);
  const protocol = input.protocol ?? group?.protocol ?? (input.type === "ARN" ? undefined : "TCP");
  const standsAlone = input.type !== "CHILD" && input.type !== "CIDR";
  const shareable = input.allowAssociationToShareableServiceNetwork ?? (standsAlone ? false : undefined);
  const members = {
    resourceGatewayId: gateway.id,
    ...(group === undefined ? {} : { resourceConfigurationGroupId: group.id }),
    ...optionalMembers(input),
    ...(protocol === undefined ? {} : { protocol }),
    ...(shareable === undefined ? {} : { allowAssociationToShareableServiceNetwork: shareable }),
    ...(await verificationOf(context, input, group)),
  };
  return { gateway, group, members };
}

function optionalMembers({
  portRanges,
  resourceConfigurationDefinition,
  customDomainName,
  groupDomain,
}: ConfigurationInput): Partial<ResourceConfiguration> {
  return {
    ...(portRanges === undefined ? {} : { portRanges }),
    ...(resourceConfigurationDefinition === undefined ? {} : { resourceConfigurationDefinition }),
    ...(customDomainName === undefined ? {} : { customDomainName }),
    ...(groupDomain === undefined ? {} : { groupDomain }),
  };
}

async function groupOf(
  context: OperationContext,
  { resourceConfigurationGroupIdentifier: identifier, customDomainName }: ConfigurationInput,
): Promise<ResourceConfiguration | undefined> {
  if (identifier === undefined) return undefined;
  const { value: group } = await getResourceConfiguration(context, identifier);
  const { id, type, groupDomain } = group;
  if (type !== "GROUP") {
    const message = `must name a resource configuration of type GROUP, \`${id}\` is of type ${type}`;
    throw invalidFields([{ name: "resourceConfigurationGroupIdentifier", message }]);
  }
  if (customDomainName !== undefined && groupDomain !== undefined && !liesWithin(customDomainName, groupDomain)) {
    const message = `must be a sub-domain of \`${groupDomain}\`, the groupDomain of \`${id}\``;
    throw invalidFields([{ name: "customDomainName", message }]);
  }
  requireSettled(context, "RESOURCE_CONFIGURATION", group);
  // The group's version counts for the commit, so no other child can come in between.
  const siblings = await context.tx.all(owners.configurationsOf(id));
  requireQuota(context, quotas.children, siblings.length + 1, "RESOURCE_CONFIGURATION", id);
  return group;
}

async function gatewayOf(
  context: OperationContext,
  { resourceGatewayIdentifier: identifier, type }: ConfigurationInput,
  group: ResourceConfiguration | undefined,
): Promise<ResourceGateway> {
  const inherited = group?.resourceGatewayId;
  const wanted = identifier ?? inherited;
  if (wanted === undefined) throw new Error(`a resource configuration of type ${type} has no gateway`);
  const { value: gateway } = await getResourceGateway(context, wanted);
  if (inherited !== undefined && gateway.id !== inherited) {
    const message = `must be left out or be the group's, \`${inherited}\``;
    throw invalidFields([{ name: "resourceGatewayIdentifier", message }]);
  }
  requireSettled(context, "RESOURCE_GATEWAY", gateway);
  return gateway;
}

function definitionFaults(
  { caller, settings }: OperationContext,
  gateway: ResourceGateway,
  { resourceConfigurationDefinition: definition }: ConfigurationInput,
): FieldError[] {
  const fault = definition && definitionFault(definition, gateway, caller, settings);
  return fault === undefined
    ? []
    : [{ name: `resourceConfigurationDefinition.${fault.member}`, message: fault.message }];
}

/** Source: CreateResourceGateway, API reference, resourceConfigDnsResolution, read 2026-11. */
function resolutionFaults({ id, resourceConfigDnsResolution: has }: ResourceGateway, input: ConfigurationInput) {
  const wanted = { ARN: "PUBLIC", CIDR: "IN_VPC" }[input.type as string];
  if (wanted === undefined || wanted === has) return [];
  const message = `must name a gateway with the resourceConfigDnsResolution ${wanted}, \`${id}\` has ${has}`;
  return [{ name: "resourceGatewayIdentifier", message }];
}

async function verificationOf(
  context: OperationContext,
  { domainVerificationIdentifier: identifier, customDomainName, groupDomain }: ConfigurationInput,
  group: ResourceConfiguration | undefined,
): Promise<Pick<ResourceConfiguration, "domainVerificationId" | "domainVerificationArn">> {
  if (group?.domainVerificationId !== undefined && group.domainVerificationArn !== undefined) {
    const { domainVerificationId, domainVerificationArn } = group;
    return { domainVerificationId, domainVerificationArn };
  }
  if (identifier === undefined) return {};
  const { value: verification } = await getDomainVerification(context, identifier);
  const domain = groupDomain ?? customDomainName;
  if (domain === undefined || !liesWithin(domain, verification.domainName)) {
    const subject = domain === undefined ? "needs a domain to verify: " : `does not cover \`${domain}\`: `;
    const message = `${subject}use a domain that is or lies within \`${verification.domainName}\``;
    throw invalidFields([{ name: "domainVerificationIdentifier", message }]);
  }
  return { domainVerificationId: verification.id, domainVerificationArn: verification.arn };
}
