import { type Answer, openRawClient, type RawClient, type RawRequest } from "./raw-client.ts";

/** A whole configuration, as large as wanted: what one service has is the same in every size. */
export interface EstateOptions {
  readonly services: number;
  /** Whether targets are probed, as they are by default. Nothing listens at their addresses. */
  readonly isChecked: boolean;
}

export const rulesPerService = 5;
export const targetsPerService = 10;
/** AWS's own bound on the services of a network. */
const servicesPerNetwork = 500;
const writers = 16;
export const vpcId = "vpc-0123456789abcdef0";

/** Makes the estate through the API. @throws Error when anything is refused */
export async function makeEstate(port: number, { services, isChecked }: EstateOptions): Promise<void> {
  const clients = Array.from({ length: writers }, () => openRawClient(port));
  const [first] = clients as [RawClient];
  const networks: string[] = [];
  for (let index = 0; index * servicesPerNetwork < services; index += 1) {
    networks.push(await made(first, post("/servicenetworks", { name: `network-${index}`, authType: "NONE" })));
    const association = {
      serviceNetworkIdentifier: networks[index],
      vpcIdentifier: `vpc-${String(index).padStart(17, "0")}`,
    };
    await made(first, post("/servicenetworkvpcassociations", association));
  }
  let next = 0;
  const work = async (client: RawClient): Promise<void> => {
    for (let index = next++; index < services; index = next++) {
      await makeService(client, index, networks[Math.floor(index / servicesPerNetwork)] ?? "", isChecked);
    }
  };
  await Promise.all(clients.map(work));
  for (const client of clients) client.close();
}

async function makeService(client: RawClient, index: number, network: string, isChecked: boolean): Promise<void> {
  const config = { port: 8080, protocol: "HTTP", vpcIdentifier: vpcId, healthCheck: { enabled: isChecked } };
  const group = await made(client, post("/targetgroups", { name: `group-${index}`, type: "IP", config }));
  const targets = Array.from({ length: targetsPerService }, (_, at) => {
    const number = index * targetsPerService + at;
    return { id: `127.${1 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`, port: 9 };
  });
  await ask(client, post(`/targetgroups/${group}/registertargets`, { targets }));
  const service = await made(
    client,
    post("/services", { name: `service-${index}`, tags: { team: `team-${index % 20}` } }),
  );
  const listener = await made(
    client,
    post(`/services/${service}/listeners`, {
      name: "web",
      protocol: "HTTP",
      port: 80,
      defaultAction: forwardTo(group),
    }),
  );
  for (let at = 1; at <= rulesPerService; at += 1) {
    await made(client, post(`/services/${service}/listeners/${listener}/rules`, ruleInput(at, group)));
  }
  const association = { serviceIdentifier: service, serviceNetworkIdentifier: network };
  await made(client, post("/servicenetworkserviceassociations", association));
}

/** @returns input of CreateRule: a path, a header and a group to forward to */
export function ruleInput(priority: number, group: string): object {
  const headerMatches = [{ name: "x-stage", match: { exact: `stage-${priority}` } }];
  const match = { httpMatch: { method: "GET", pathMatch: { match: { prefix: `/area-${priority}` } }, headerMatches } };
  return { name: `route-${priority}`, priority, match, action: forwardTo(group) };
}

function forwardTo(group: string): object {
  return { forward: { targetGroups: [{ targetGroupIdentifier: group, weight: 100 }] } };
}

export function post(path: string, body: object): RawRequest {
  return { method: "POST", path, body };
}

/** @throws Error for an answer that is no success */
export async function ask(client: RawClient, request: RawRequest): Promise<Answer> {
  const answer = await client.send(request);
  if (answer.status >= 200 && answer.status <= 204) return answer;
  throw new Error(`${request.method} ${request.path} is answered ${answer.status}: ${answer.body.slice(0, 300)}`);
}

async function made(client: RawClient, request: RawRequest): Promise<string> {
  return (JSON.parse((await ask(client, request)).body) as { id: string }).id;
}
