import { isResourceId, parseLatticeArn, type VpcEndpoint, type VpcEndpointDirectory } from "@pergola/core";
import type { StrictReader } from "./strict-reader.ts";

/** A VPC endpoint as `pergola.json` names it. */
export type VpcEndpointEntry = Omit<VpcEndpoint, "createdAt">;

const maxEndpoints = 1_000;
const target = 'name one of them, by id or ARN: `"serviceNetwork": "sn-…"` or `"resourceConfiguration": "rcfg-…"`';

/**
 * @param defaultAccount owner of endpoints that name none
 * @returns the endpoints of the member `vpcEndpoints`: `[{ "id": "vpce-…", "vpcId": "vpc-…", "serviceNetwork": "sn-…" }]`
 */
export function readVpcEndpoints(reader: StrictReader, value: unknown, defaultAccount: string): VpcEndpointEntry[] {
  const seen = new Set<string>();
  return reader.array(value, "vpcEndpoints", maxEndpoints).flatMap((entry, index) => {
    const path = `vpcEndpoints[${index}]`;
    const known = ["id", "vpcId", "account", "serviceNetwork", "resourceConfiguration"];
    const endpoint = reader.object(entry, path, known);
    if (endpoint === undefined) return [];
    const id = reader.text(endpoint.id, `${path}.id`, /^vpce-[0-9a-f]{17}$/, "be `vpce-` and 17 hex digits");
    const vpcId = reader.text(endpoint.vpcId, `${path}.vpcId`, /^vpc-[0-9a-z]{8,17}$/, "be a VPC id");
    const account = reader.text(endpoint.account ?? defaultAccount, `${path}.account`, /^\d{12}$/, "be twelve digits");
    const leadsTo = readTarget(reader, endpoint, path);
    if (id === undefined || vpcId === undefined || account === undefined || leadsTo === undefined) return [];
    if (seen.has(id)) reader.reject(`${path}.id`, "is given twice");
    seen.add(id);
    return [{ id, vpcId, account, leadsTo }];
  });
}

function readTarget(reader: StrictReader, endpoint: Record<string, unknown>, path: string): string | undefined {
  const { serviceNetwork, resourceConfiguration } = endpoint;
  if ((serviceNetwork === undefined) === (resourceConfiguration === undefined)) return reader.reject(path, target);
  const [prefix, member, text] =
    serviceNetwork === undefined
      ? (["rcfg", "resourceConfiguration", resourceConfiguration] as const)
      : (["sn", "serviceNetwork", serviceNetwork] as const);
  const id = typeof text === "string" ? (parseLatticeArn(text)?.id ?? text) : "";
  return isResourceId(prefix, id) ? id : reader.reject(`${path}.${member}`, `must be an id \`${prefix}-…\` or its ARN`);
}

/** @param createdAt ISO 8601: what the endpoints show, since nobody knows when they were made */
export function createVpcEndpointDirectory(
  entries: readonly VpcEndpointEntry[],
  createdAt: string,
): VpcEndpointDirectory {
  const endpoints = entries.map((entry) => ({ ...entry, createdAt }));
  return {
    endpoints: () => endpoints,
    endpointsOf: (resourceId) => endpoints.filter(({ leadsTo }) => leadsTo === resourceId),
  };
}
