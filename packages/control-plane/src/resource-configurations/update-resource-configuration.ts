import {
  type FieldError,
  invalidFields,
  owners,
  type ResourceConfiguration,
  type ServiceNetwork,
  type ServiceNetworkResourceAssociation,
} from "@pergola/core";
import type { AssociationPointer } from "../compile-snapshot.ts";
import { flag, required } from "../constraint.ts";
import { resourceConfigurationIdentifier } from "../field-constraints.ts";
import { requireSettled, updated } from "../lifecycle.ts";
import { getResourceConfiguration, getResourceGateway } from "../locate.ts";
import { type OperationContext, operation } from "../operation.ts";
import { scopeOfArn } from "../sharing/is-shared.ts";
import { configurationView } from "./configuration-view.ts";
import { definitionFault, definitionMembers } from "./definition.ts";
import { portRanges } from "./port-ranges.ts";
import { definitionKindFaults, hasPorts } from "./type-rules.ts";

/** UpdateResourceConfiguration: members left out keep their value; the definition stays of its kind. */
export const updateResourceConfiguration = operation(
  {
    resourceConfigurationIdentifier: required(resourceConfigurationIdentifier),
    resourceConfigurationDefinition: definitionMembers,
    allowAssociationToShareableServiceNetwork: flag,
    portRanges,
  },
  async ({ resourceConfigurationIdentifier: identifier, ...changes }, context) => {
    const { key, value } = await getResourceConfiguration(context, identifier);
    requireSettled(context, "RESOURCE_CONFIGURATION", value);
    if (Object.values(changes).every((change) => change === undefined)) return configurationView(value, context.now);
    const faults = await faultsOf(context, value, changes);
    if (faults.length > 0) throw invalidFields(faults);
    const configuration: ResourceConfiguration = { ...updated(context, value, true), ...changes };
    context.tx.put(key, configuration);
    return { ...configurationView(configuration, context.now), status: "UPDATE_IN_PROGRESS" };
  },
);

type Changes = Pick<
  Partial<ResourceConfiguration>,
  "resourceConfigurationDefinition" | "allowAssociationToShareableServiceNetwork" | "portRanges"
>;

async function faultsOf(
  context: OperationContext,
  configuration: ResourceConfiguration,
  {
    resourceConfigurationDefinition: definition,
    allowAssociationToShareableServiceNetwork: allow,
    portRanges,
  }: Changes,
): Promise<FieldError[]> {
  const { type } = configuration;
  const faults: FieldError[] = [];
  if (definition !== undefined) faults.push(...(await definitionFaults(context, configuration, definition)));
  if (portRanges !== undefined && !hasPorts(type)) {
    faults.push({ name: "portRanges", message: `is not allowed with the type ${type}` });
  }
  if (allow !== undefined) {
    const message = await shareableFault(context, configuration, allow);
    if (message !== undefined) faults.push({ name: "allowAssociationToShareableServiceNetwork", message });
  }
  return faults;
}

async function definitionFaults(
  context: OperationContext,
  configuration: ResourceConfiguration,
  definition: NonNullable<Changes["resourceConfigurationDefinition"]>,
): Promise<FieldError[]> {
  const wrongKind = definitionKindFaults(configuration.type, definition);
  if (wrongKind.length > 0) return wrongKind;
  const { value: gateway } = await getResourceGateway(context, configuration.resourceGatewayId);
  const fault = definitionFault(definition, gateway, configuration, context.settings);
  return fault === undefined
    ? []
    : [{ name: `resourceConfigurationDefinition.${fault.member}`, message: fault.message }];
}

/** A configuration that is in a shareable network has to allow it as long as it is there. */
async function shareableFault(
  { tx }: OperationContext,
  { id, type }: ResourceConfiguration,
  allow: boolean,
): Promise<string | undefined> {
  if (type === "CHILD" || type === "CIDR") return allow ? `must not be true with the type ${type}` : undefined;
  if (allow) return undefined;
  for (const pointer of await tx.all<AssociationPointer>(owners.associationsOf(id))) {
    const own = { owner: owners.resourceAssociations(pointer), id: pointer.associationId };
    const association = await tx.read<ServiceNetworkResourceAssociation>(own);
    if (association === undefined) continue;
    const { serviceNetworkId, serviceNetworkArn } = association;
    const key = { owner: owners.serviceNetworks(scopeOfArn(serviceNetworkArn)), id: serviceNetworkId };
    const network = await tx.read<ServiceNetwork>(key);
    if (network?.sharingConfig.enabled === true) {
      return `must stay true while \`${id}\` is associated with \`${network.id}\`, which can be shared`;
    }
  }
  return undefined;
}
