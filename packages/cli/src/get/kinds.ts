import type { Api } from "../api/api.ts";
import { type Answer, accountReader } from "../config/account.ts";
import type { Json } from "../config/document.ts";
import { listTargets } from "../config/read-account.ts";
import { mapBounded } from "../config/run-bounded.ts";
import { ageOf } from "./age.ts";
import { isNamed } from "./find-by-name.ts";
import { portWords, type ResourceEndpoint, resourceEndpoints, stateWords } from "./resource-endpoints.ts";
import { actionWords, matchWords } from "./rule-words.ts";
import type { Column } from "./table.ts";

/** One line of a table: an answer of the API, and what it lies in by name. */
export type Row = Json;

/** Where parts are looked for. */
export interface Within {
  readonly service?: string;
  readonly listener?: string;
  readonly targetGroup?: string;
  readonly serviceNetwork?: string;
}

/** Something that can be listed. */
export interface Kind {
  /** As one says it on the command line: the plural, and what is understood too. */
  readonly names: readonly [plural: string, singular: string, ...short: string[]];
  readonly list: (api: Api, within: Within) => Promise<readonly Row[]>;
  readonly columns: readonly Column<Row>[];
}

const column = (title: string, member = title.toLowerCase()): Column<Row> => ({ title, value: (row) => row[member] });
const wide = (title: string, member: string): Column<Row> => ({ ...column(title, member), wide: true });
const age: Column<Row> = { title: "AGE", value: ({ createdAt }) => ageOf(createdAt, new Date()) };
const [name, id, status, arn] = [column("NAME"), column("ID"), column("STATUS"), wide("ARN", "arn")];
const text =
  (member: string, inner: string): ((row: Row) => unknown) =>
  (row) =>
    (row[member] as Json | undefined)?.[inner];

function collection(path: string): Kind["list"] {
  return (api) => accountReader(api).list(path);
}

async function chosen(api: Api, path: string, wanted: string | undefined): Promise<readonly Answer[]> {
  const all = await accountReader(api).list(path);
  return wanted === undefined ? all : all.filter((one) => isNamed(one, wanted));
}

async function listeners(api: Api, { service }: Within): Promise<readonly (Answer & { readonly service: string })[]> {
  const reader = accountReader(api);
  const lists = await mapBounded(await chosen(api, "/services", service), async (owner) => {
    const found = await reader.list(`/services/${owner.id}/listeners`);
    return found.map((listener) => ({ ...listener, service: owner.name, serviceId: owner.id }));
  });
  return lists.flat();
}

async function rules(api: Api, within: Within): Promise<readonly Row[]> {
  const reader = accountReader(api);
  const groups = new Map((await reader.list("/targetgroups")).map((group) => [group.id, group.name]));
  const { listener: wanted } = within;
  const owners = (await listeners(api, within)).filter((one) => wanted === undefined || isNamed(one, wanted));
  const lists = await mapBounded(owners, async (listener) => {
    const path = `/services/${listener.serviceId}/listeners/${listener.id}/rules`;
    const found: Row[] = [];
    for (const { id: ruleId } of await reader.list(path)) {
      const rule = await reader.get(`${path}/${ruleId}`);
      const action = actionWords(rule.action, (groupId) => groups.get(groupId));
      found.push({
        ...rule,
        service: listener.service,
        listener: listener.name,
        matches: matchWords(rule.match),
        does: action,
      });
    }
    return found.sort((a, b) => Number(a.priority ?? Infinity) - Number(b.priority ?? Infinity));
  });
  return lists.flat();
}

async function targets(api: Api, { targetGroup }: Within): Promise<readonly Row[]> {
  const groups = await chosen(api, "/targetgroups", targetGroup);
  const lists = await mapBounded(groups, async (group) => {
    return (await listTargets(api, group.id)).map((target) => ({ ...target, targetGroup: group.name }));
  });
  return lists.flat();
}

const associationKinds = [
  ["service", "servicenetworkserviceassociations", "serviceName"],
  ["vpc", "servicenetworkvpcassociations", "vpcId"],
  ["resource", "servicenetworkresourceassociations", "resourceConfigurationName"],
] as const;

async function associations(api: Api, { serviceNetwork }: Within): Promise<readonly Row[]> {
  const reader = accountReader(api);
  const networks = await chosen(api, "/servicenetworks", serviceNetwork);
  const lists = await mapBounded(networks, async (network) => {
    const found: Row[] = [];
    for (const [kind, path, label] of associationKinds) {
      const list = await reader.list(`/${path}?serviceNetworkIdentifier=${network.id}`);
      found.push(...list.map((one) => ({ ...one, kind, name: one[label], serviceNetwork: network.name })));
    }
    return found;
  });
  return lists.flat();
}

async function logSubscriptions(api: Api): Promise<readonly Row[]> {
  const reader = accountReader(api);
  const owners = await Promise.all(["/services", "/servicenetworks", "/resourceconfigurations"].map(reader.list));
  const lists = await mapBounded(owners.flat(), async (owner) => {
    const found = await reader.list(`/accesslogsubscriptions?resourceIdentifier=${owner.id}`);
    return found.map((one) => ({ ...one, name: owner.name }));
  });
  return lists.flat();
}

/** Everything that `pergola get` lists. */
export const kinds: readonly Kind[] = [
  {
    names: ["services", "service", "svc"],
    list: collection("/services"),
    columns: [
      name,
      id,
      status,
      { title: "DNS NAME", value: text("dnsEntry", "domainName") },
      age,
      wide("CUSTOM DOMAIN", "customDomainName"),
      arn,
    ],
  },
  {
    names: ["listeners", "listener"],
    list: listeners,
    columns: [column("SERVICE"), name, id, column("PROTOCOL"), column("PORT"), age, arn],
  },
  {
    names: ["rules", "rule"],
    list: rules,
    columns: [
      column("SERVICE"),
      column("LISTENER"),
      { title: "PRIORITY", value: ({ priority, isDefault }) => (isDefault ? "default" : priority) },
      name,
      { title: "MATCH", value: ({ matches, isDefault }) => (isDefault ? "everything" : matches) },
      column("ACTION", "does"),
      age,
      wide("ID", "id"),
      arn,
    ],
  },
  {
    names: ["target-groups", "target-group", "tg"],
    list: collection("/targetgroups"),
    columns: [
      name,
      id,
      column("TYPE"),
      column("PROTOCOL"),
      column("PORT"),
      status,
      { title: "USED BY", value: ({ serviceArns }) => (serviceArns as string[] | undefined)?.map(lastPart).join(", ") },
      age,
      wide("VPC", "vpcIdentifier"),
      arn,
    ],
  },
  {
    names: ["targets", "target"],
    list: targets,
    columns: [column("TARGET GROUP", "targetGroup"), id, column("PORT"), status, column("REASON", "reasonCode")],
  },
  {
    names: ["service-networks", "service-network", "sn"],
    list: collection("/servicenetworks"),
    columns: [
      name,
      id,
      column("SERVICES", "numberOfAssociatedServices"),
      column("VPCS", "numberOfAssociatedVPCs"),
      column("RESOURCES", "numberOfAssociatedResourceConfigurations"),
      age,
      arn,
    ],
  },
  {
    names: ["associations", "association"],
    list: associations,
    columns: [column("SERVICE NETWORK", "serviceNetwork"), column("KIND"), name, id, status, age, arn],
  },
  {
    names: ["log-subscriptions", "log-subscription"],
    list: logSubscriptions,
    columns: [
      column("OF", "name"),
      column("DESTINATION", "destinationArn"),
      column("TYPE", "serviceNetworkLogType"),
      id,
      age,
      arn,
    ],
  },
  {
    names: ["resource-gateways", "resource-gateway"],
    list: collection("/resourcegateways"),
    columns: [name, id, column("VPC", "vpcIdentifier"), status, age, arn],
  },
  {
    names: ["resource-endpoints", "resource-endpoint"],
    list: async (api) => (await resourceEndpoints(api)).map((one) => ({ ...one, id: one.associationId })),
    columns: [
      name,
      column("ADDRESS"),
      { title: "PORTS", value: ({ ports }) => portWords(ports as ResourceEndpoint["ports"]) },
      column("LEADS TO", "leadsTo"),
      { title: "STATE", value: ({ ports, note }) => stateWords(ports as ResourceEndpoint["ports"]) || note },
      column("ASSOCIATION", "id"),
      wide("DNS NAME", "domainName"),
      wide("NETWORK", "serviceNetworkId"),
      wide("NOTE", "note"),
    ],
  },
  {
    names: ["resource-configurations", "resource-configuration"],
    list: collection("/resourceconfigurations"),
    columns: [name, id, column("TYPE"), status, age, wide("CUSTOM DOMAIN", "customDomainName"), arn],
  },
];

function lastPart(identifier: string): string {
  return identifier.slice(identifier.lastIndexOf("/") + 1);
}

/** @returns the kind that a word of the command line means */
export function kindOf(word: string): Kind | undefined {
  return kinds.find(({ names }) => names.includes(word));
}
