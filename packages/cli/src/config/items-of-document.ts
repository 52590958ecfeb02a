import type { ConfigurationDocument } from "./document.ts";
import { entries } from "./entries.ts";
import { type Item, pathOf } from "./item.ts";
import { resourceConfigurationItems, resourceGatewayItem } from "./resource-items.ts";
import { serviceItems } from "./service-items.ts";
import { serviceNetworkItems } from "./service-network-items.ts";
import { targetGroupItems } from "./target-group-items.ts";

/**
 * @returns everything that a file says, each resource by itself, defaults filled in
 * @throws RangeError that names an entry that cannot be
 */
export function itemsOfDocument(document: ConfigurationDocument): readonly Item[] {
  const items = [
    ...entries(document.domainVerifications).map(([name, { tags = {} }]): Item => {
      return {
        kind: "domain-verification",
        path: pathOf("domainVerifications", name),
        name,
        fixed: {},
        settable: {},
        tags,
      };
    }),
    ...entries(document.targetGroups).flatMap(targetGroupItems),
    ...entries(document.resourceGateways).map(resourceGatewayItem),
    ...entries(document.resourceConfigurations).flatMap(resourceConfigurationItems),
    ...entries(document.services).flatMap(serviceItems),
    ...entries(document.serviceNetworks).flatMap(serviceNetworkItems),
  ];
  requireUnique(items);
  return items;
}

function requireUnique(items: readonly Item[]): void {
  const seen = new Set<string>();
  for (const { path } of items) {
    if (seen.has(path)) throw new RangeError(`${path}: is there twice`);
    seen.add(path);
  }
}
