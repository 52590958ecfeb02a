import type { Api } from "../api/api.ts";
import { type AccountReader, accountReader } from "../config/account.ts";
import type { Json, Tags } from "../config/document.ts";
import { listTargets } from "../config/read-account.ts";
import type { Row } from "./kinds.ts";

/** Where the API has each kind by id. */
const collections: Readonly<Record<string, string>> = {
  services: "/services",
  "service-networks": "/servicenetworks",
  "target-groups": "/targetgroups",
  "log-subscriptions": "/accesslogsubscriptions",
  "resource-gateways": "/resourcegateways",
  "resource-configurations": "/resourceconfigurations",
};

/**
 * @param kind plural, as `pergola get` has it
 * @param row of the kind's list
 * @returns everything that the API says of it and its parts
 */
export async function details(api: Api, kind: string, row: Row): Promise<Row> {
  const reader = accountReader(api);
  const [id, arn] = [String(row.id), String(row.arn)];
  const collection = collections[kind];
  const own = collection === undefined ? row : await reader.get(`${collection}/${id}`);
  const tags: { readonly tags?: Tags } = row.arn === undefined ? {} : { tags: await reader.tags(arn) };
  const answer = { ...own, ...tags };
  if (kind === "services")
    return { ...answer, ...(await shared(reader, id, arn)), ...(await partsOfService(reader, id)) };
  if (kind === "service-networks")
    return { ...answer, ...(await shared(reader, id, arn)), ...(await members(reader, id)) };
  if (kind === "target-groups") return { ...answer, targets: await listTargets(api, id) };
  if (kind !== "listeners") return answer;
  const path = `/services/${row.serviceId}/listeners/${id}`;
  return { ...(await reader.get(path)), ...tags, rules: await rulesOf(reader, path) };
}

async function shared(reader: AccountReader, id: string, arn: string): Promise<Row> {
  const auth = await reader.find(`/authpolicy/${id}`);
  const resource = await reader.find(`/resourcepolicy/${encodeURIComponent(arn)}`);
  const accessLogs = await reader.list(`/accesslogsubscriptions?resourceIdentifier=${id}`);
  return {
    ...(typeof auth?.policy === "string" ? { authPolicy: JSON.parse(auth.policy) } : {}),
    ...(typeof resource?.policy === "string" ? { resourcePolicy: JSON.parse(resource.policy) } : {}),
    accessLogs: accessLogs.map((log) => ({ id: log.id, destinationArn: log.destinationArn })),
  };
}

async function partsOfService(reader: AccountReader, id: string): Promise<Row> {
  const listeners: Json[] = [];
  for (const listener of await reader.list(`/services/${id}/listeners`)) {
    const path = `/services/${id}/listeners/${listener.id}`;
    listeners.push({ ...(await reader.get(path)), rules: await rulesOf(reader, path) });
  }
  const associations = await reader.list(`/servicenetworkserviceassociations?serviceIdentifier=${id}`);
  const serviceNetworks = associations.map((one) => ({
    name: one.serviceNetworkName,
    association: one.id,
    status: one.status,
  }));
  return { listeners, serviceNetworks };
}

async function rulesOf(reader: AccountReader, listener: string): Promise<readonly Json[]> {
  const rules: Json[] = [];
  for (const { id } of await reader.list(`${listener}/rules`)) rules.push(await reader.get(`${listener}/rules/${id}`));
  return rules.sort((a, b) => Number(a.priority ?? Infinity) - Number(b.priority ?? Infinity));
}

async function members(reader: AccountReader, id: string): Promise<Row> {
  const of = (path: string): ReturnType<AccountReader["list"]> =>
    reader.list(`/${path}?serviceNetworkIdentifier=${id}`);
  const services = await of("servicenetworkserviceassociations");
  const vpcs = await of("servicenetworkvpcassociations");
  const resources = await of("servicenetworkresourceassociations");
  return {
    services: services.map((one) => ({ name: one.serviceName, association: one.id, status: one.status })),
    vpcs: vpcs.map((one) => ({ id: one.vpcId, association: one.id, status: one.status })),
    resources: resources.map((one) => ({
      name: one.resourceConfigurationName,
      association: one.id,
      status: one.status,
    })),
  };
}
