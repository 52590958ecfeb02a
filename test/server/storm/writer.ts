import type { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { authPolicyKey, type Key, owners, type Rule, type Service, targetKey } from "@pergola/core";
import { forwardTo, ruleInput } from "../../harness/lattice-resources.ts";
import { policyOf, present } from "../../harness/open-service.ts";
import { sceneAccount as account, sceneRegion as region } from "../../harness/scene.ts";
import type { Fact, Ledger } from "./ledger.ts";

/** What all writers share: each changes both. */
export interface SharedSubjects {
  readonly networkId: string;
  readonly groupId: string;
}

interface Writer extends SharedSubjects {
  readonly client: VPCLattice;
  readonly ledger: Ledger;
}

const scope = { account, region };
const vpcIdentifier = "vpc-0123456789abcdef0";
const config = { protocol: "HTTP", port: 80, vpcIdentifier, healthCheck: { enabled: false } } as const;

const there =
  <T>(key: Key, isRight: (value: T) => boolean = () => true): Fact =>
  ({ get }) => {
    const value = get<T>(key);
    return value !== undefined && isRight(value);
  };
const gone =
  (key: Key): Fact =>
  ({ get }) =>
    get(key) === undefined;
const all =
  (facts: readonly Fact[]): Fact =>
  (index) =>
    facts.every((fact) => fact(index));
const serviceKey = (id: string): Key => ({ owner: owners.services(scope), id });
const associationKey = (id: string): Key => ({ owner: owners.serviceAssociations(scope), id });

/** Makes the two that all writers share. */
export async function makeShared(client: VPCLattice): Promise<SharedSubjects> {
  const network = await client.createServiceNetwork({ name: "shared" });
  const group = await client.createTargetGroup({ name: "shared", type: "IP", config });
  return { networkId: present(network.id), groupId: present(group.id) };
}

/**
 * Makes a service with all that belongs to it and changes it; rejects when the server is gone.
 * @param number of the service among all: its name and its targets follow from it
 * @param isKept otherwise it is taken away again
 */
export async function writeService(writer: Writer, number: number, isKept: boolean): Promise<void> {
  const { client, ledger } = writer;
  const name = `service-${number}`;
  const { id: groupId = "" } = await ledger.write(
    `group ${name}`,
    () => client.createTargetGroup({ name, type: "IP", config }),
    ({ id = "" }) => there({ owner: owners.targetGroups(scope), id }),
  );
  const { id = "", arn } = await ledger.write(
    name,
    () => client.createService({ name }),
    (made) => there<Service>(serviceKey(present(made.id)), (service) => service.name === name),
  );
  await writeRules(writer, name, id, groupId);
  const { id: associationId } = await writeShared(writer, number, id);
  await ledger.write(
    `${name}/policy`,
    () => client.putAuthPolicy({ resourceIdentifier: id, policy: policyOf({}) }),
    () => there(authPolicyKey(id)),
  );
  await ledger.write(
    `${name}/tags`,
    () => client.tagResource({ resourceArn: present(arn), tags: { name } }),
    () => there<Service>(serviceKey(id), ({ tags }) => tags.name === name),
  );
  if (isKept) return;
  await ledger.write(
    `${name}/association`,
    () => client.deleteServiceNetworkServiceAssociation({ serviceNetworkServiceAssociationIdentifier: associationId }),
    () => gone(associationKey(associationId)),
  );
  await ledger.write(
    name,
    () => client.deleteService({ serviceIdentifier: id }),
    () => all([gone(serviceKey(id)), gone(authPolicyKey(id)), ({ list }) => list(owners.listeners(id)).length === 0]),
  );
}

async function writeRules({ client, ledger }: Writer, name: string, service: string, group: string): Promise<void> {
  const serviceIdentifier = service;
  const defaultAction = forwardTo(group);
  const { id: listenerIdentifier = "" } = await ledger.write(
    `${name}/listener`,
    () => client.createListener({ serviceIdentifier, name: "web", protocol: "HTTP", defaultAction }),
    ({ id = "" }) => there({ owner: owners.listeners(service), id }),
  );
  const hasPriority = (id: string, priority: number): Fact =>
    there<Rule>({ owner: owners.rules(listenerIdentifier), id }, (rule) => rule.priority === priority);
  const ids: string[] = [];
  for (const priority of [1, 2]) {
    const input = ruleInput(service, listenerIdentifier, { priority, action: forwardTo(group) });
    const { id = "" } = await ledger.write(
      `${name}/listener/rules/${priority}`,
      () => client.createRule(input),
      (made) => hasPriority(present(made.id), priority),
    );
    ids.push(id);
  }
  const swapped = ids.map((ruleIdentifier, index) => ({ ruleIdentifier, priority: 2 - index }));
  await ledger.write(
    `${name}/listener/rules`,
    () => client.batchUpdateRule({ serviceIdentifier, listenerIdentifier, rules: swapped }),
    () => all(swapped.map(({ ruleIdentifier, priority }) => hasPriority(ruleIdentifier, priority))),
  );
}

async function writeShared(
  { client, ledger, networkId, groupId }: Writer,
  number: number,
  serviceIdentifier: string,
): Promise<{ readonly id: string }> {
  const targets = [1, 2, 3].map((port) => ({ id: `10.0.${number >> 8}.${number & 255}`, port }));
  await ledger.write(
    `targets ${number}`,
    () => client.registerTargets({ targetGroupIdentifier: groupId, targets }),
    () => all(targets.map((target) => there({ owner: owners.targets(groupId), id: targetKey(target) }))),
  );
  const { id } = await ledger.write(
    `service-${number}/association`,
    () => client.createServiceNetworkServiceAssociation({ serviceIdentifier, serviceNetworkIdentifier: networkId }),
    (made) => there(associationKey(present(made.id))),
  );
  return { id: present(id) };
}
