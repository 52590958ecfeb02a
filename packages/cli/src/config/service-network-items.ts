import type { ServiceNetworkEntry } from "./document.ts";
import { entries } from "./entries.ts";
import { type Item, pathOf } from "./item.ts";
import { sharedItems } from "./shared-items.ts";

/** @returns a network and its associations, and what hangs on it */
export function serviceNetworkItems([name, entry]: [string, ServiceNetworkEntry]): Item[] {
  const { authType = "NONE", sharing = true, tags = {}, services, vpcs, resources } = entry;
  const path = pathOf("serviceNetworks", name);
  const part = (where: string, of: string, own: Item["tags"] = {}) => ({
    path: pathOf(path, where, of),
    parent: path,
    name: of,
    tags: own,
  });
  return [
    { kind: "service-network", path, name, fixed: { sharing }, settable: { authType }, tags },
    ...sharedItems(path, entry),
    ...entries(services).map(([service, { tags: own }]): Item => {
      const needs = [pathOf("services", service)];
      return { kind: "service-association", ...part("services", service, own), needs, fixed: {}, settable: {} };
    }),
    ...entries(vpcs).map(([vpc, { tags: own, securityGroupIds = [], ...members }]): Item => {
      const fixed = { privateDnsEnabled: false, ...members };
      return { kind: "vpc-association", ...part("vpcs", vpc, own), fixed, settable: { securityGroupIds } };
    }),
    ...entries(resources).map(([resource, { tags: own, ...fixed }]): Item => {
      const needs = [pathOf("resourceConfigurations", resource)];
      const place = part("resources", resource, own);
      return { kind: "resource-association", ...place, needs, fixed, settable: {}, lenient: true };
    }),
  ];
}
