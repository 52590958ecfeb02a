import type { Json, SharedEntry } from "./document.ts";
import { type Item, pathOf } from "./item.ts";
import { sharedItems } from "./shared-items.ts";

export function resourceGatewayItem([name, { tags = {}, securityGroupIds = [], ...fixed }]: [
  string,
  Json & SharedEntry,
]): Item {
  const path = pathOf("resourceGateways", name);
  return { kind: "resource-gateway", path, name, fixed, settable: { securityGroupIds }, lenient: true, tags };
}

/** @returns a resource configuration, and what hangs on it */
export function resourceConfigurationItems([name, entry]: [string, Json & SharedEntry]): Item[] {
  const { tags = {}, authPolicy: _, resourcePolicy: __, accessLogs: ___, ...members } = entry;
  const { portRanges, definition, allowAssociationToShareableServiceNetwork: shareable, ...fixed } = members;
  const { gateway, group, domainVerification } = fixed as Readonly<Record<string, string | undefined>>;
  const path = pathOf("resourceConfigurations", name);
  const needs = [
    ...(gateway === undefined ? [] : [pathOf("resourceGateways", gateway)]),
    ...(group === undefined ? [] : [pathOf("resourceConfigurations", group)]),
    ...(domainVerification === undefined ? [] : [pathOf("domainVerifications", domainVerification)]),
  ];
  const settable = { portRanges, definition, allowAssociationToShareableServiceNetwork: shareable };
  return [
    { kind: "resource-configuration", path, name, needs, fixed, settable, lenient: true, tags },
    ...sharedItems(path, entry),
  ];
}
