import { ThrottlingException, type VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { type ConfigStore, openMemoryStore, owners } from "@pergola/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { account, type ControlPlaneHarness, region, startControlPlane } from "../harness/control-plane.ts";
import { interceptTransactions } from "../harness/intercepted-store.ts";
import {
  failureOf,
  forwardTo,
  newListener,
  newRule,
  newService,
  newTargetGroup,
  notFoundAction,
  ruleInput,
  snapshotOf,
} from "../harness/lattice-resources.ts";
import { startRacingPlanes } from "../harness/racing-planes.ts";

/** Planes that race on one store. */
const planeCount = 8;

let store: ConfigStore;
let planes: ControlPlaneHarness[];
let client: VPCLattice;
beforeEach(async () => {
  store = openMemoryStore();
  planes = await startRacingPlanes(store, planeCount);
  client = clientAt(0);
});
afterEach(async () => {
  for (const { faults } of planes) expect(faults).toEqual([]);
  await Promise.all(planes.map((plane) => plane[Symbol.asyncDispose]()));
  await store.close();
});

function clientAt(index: number): VPCLattice {
  const plane = planes[index % planeCount];
  if (plane === undefined) throw new Error("no planes");
  return plane.client;
}

/** Runs the same thing on every plane at once. @returns the outcomes that succeeded, and the names of the errors */
async function race<T>(run: (client: VPCLattice, index: number) => Promise<T>): Promise<{ won: T[]; lost: string[] }> {
  const outcomes = await Promise.allSettled(planes.map((plane, index) => run(plane.client, index)));
  const won = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  const lost = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [String(outcome.reason.name)] : []));
  return { won, lost };
}

/** An update without changes compiles the snapshot anew. */
async function expectCurrentSnapshot(serviceIdentifier: string): Promise<void> {
  const before = await snapshotOf(store, serviceIdentifier);
  await client.updateService({ serviceIdentifier });
  expect(before).toEqual(await snapshotOf(store, serviceIdentifier));
}

const conflicts = Array(planeCount - 1).fill("ConflictException");

it("64 rules created at once under one listener are all there, and all in the snapshot", async () => {
  const service = await newService(client);
  const listener = await newListener(client, service.id);

  const created = await Promise.all(
    Array.from({ length: 64 }, (_, index) =>
      newRule(clientAt(index), service.id, listener.id, { priority: index + 1 }),
    ),
  );

  const labels = { serviceIdentifier: service.id, listenerIdentifier: listener.id };
  const { items = [] } = await client.listRules(labels);
  const listed = items.filter(({ isDefault }) => !isDefault).map(({ id }) => id);
  const compiled = (await snapshotOf(store, service.id))?.listeners[0]?.rules.map(({ id }) => id);
  const ids = created.map(({ id }) => id);
  expect(listed.sort()).toEqual([...ids].sort());
  expect(compiled).toEqual(ids);
  await expectCurrentSnapshot(service.id);
});

it("rules, listeners and settings of one service that change at once end up in one snapshot", async () => {
  const service = await newService(client);
  const listener = await newListener(client, service.id, { port: 1000 });
  const group = await newTargetGroup(client);

  const { lost } = await race(async (own, index) => {
    await newListener(own, service.id, { port: 2000 + index });
    await newRule(own, service.id, listener.id, { priority: index + 1, action: forwardTo(group.id) });
    await own.updateService({ serviceIdentifier: service.id, idleTimeoutSeconds: 100 + index });
    await own.tagResource({ resourceArn: service.arn, tags: { [`k${index}`]: "v" } });
  });

  expect(lost).toEqual([]);
  const snapshot = await snapshotOf(store, service.id);
  expect(snapshot?.listeners).toHaveLength(1 + planeCount);
  expect(snapshot?.listeners.find(({ id }) => id === listener.id)?.rules).toHaveLength(planeCount);
  expect(Object.keys(snapshot?.tags ?? {})).toHaveLength(planeCount);
  await expectCurrentSnapshot(service.id);
});

describe("exactly one wins", () => {
  it("of creates with one name of a service", async () => {
    const { won, lost } = await race((own) => newService(own, { name: "orders" }));

    expect(won).toHaveLength(1);
    expect(lost).toEqual(conflicts);
    expect((await client.listServices({})).items).toHaveLength(1);
  });

  it("of creates with one port, and with one name of a listener", async () => {
    const service = await newService(client);

    const ports = await race((own) => newListener(own, service.id, { port: 80 }));
    const names = await race((own, index) => newListener(own, service.id, { name: "web", port: 1000 + index }));

    expect([ports.won.length, names.won.length]).toEqual([1, 1]);
    expect([ports.lost, names.lost]).toEqual([conflicts, conflicts]);
    expect((await snapshotOf(store, service.id))?.listeners).toHaveLength(2);
  });

  it("of creates with one priority, and of moves to one priority", async () => {
    const service = await newService(client);
    const listener = await newListener(client, service.id);
    const labels = { serviceIdentifier: service.id, listenerIdentifier: listener.id };
    const rules: string[] = [];
    for (let index = 0; index < planeCount; index += 1) {
      rules.push((await newRule(client, service.id, listener.id, { priority: 100 + index })).id);
    }

    const creates = await race((own) => newRule(own, service.id, listener.id, { priority: 1 }));
    const moves = await race((own, index) =>
      own.updateRule({ ...labels, ruleIdentifier: rules[index] ?? "", priority: 2 }),
    );

    expect([creates.won.length, moves.won.length]).toEqual([1, 1]);
    expect([creates.lost, moves.lost]).toEqual([conflicts, conflicts]);
    const compiled = (await snapshotOf(store, service.id))?.listeners[0]?.rules.map(({ priority }) => priority) ?? [];
    expect(new Set(compiled).size).toBe(compiled.length);
  });

  it("of services that take one target group", async () => {
    const group = await newTargetGroup(client);
    const services = await Promise.all(Array.from({ length: planeCount }, () => newService(client)));

    const { won, lost } = await race((own, index) =>
      newListener(own, services[index]?.id ?? "", { defaultAction: forwardTo(group.id) }),
    );

    expect(won).toHaveLength(1);
    expect(lost).toEqual(conflicts);
    expect((await client.getTargetGroup({ targetGroupIdentifier: group.id })).serviceArns).toHaveLength(1);
  });

  it("of creates with one client token: the others get its answer", async () => {
    const service = await newService(client);
    const listener = await newListener(client, service.id);
    const input = ruleInput(service.id, listener.id, { clientToken: "once" });

    const { won, lost } = await race((own) => own.createRule(input));

    expect(lost).toEqual([]);
    expect(new Set(won.map(({ id }) => id)).size).toBe(1);
  });
});

it("a create that runs into its own twin of the same client token is answered like it, not refused", async () => {
  const input = { name: "orders", clientToken: "once" };
  let reads = 0;
  const atSecondRead = async (): Promise<void> => {
    reads += 1;
    if (reads === 2) await client.createService(input);
  };
  const contested = interceptTransactions(store, (_, transact) => transact(), atSecondRead);
  await using late = await startControlPlane({ store: contested });

  const answer = await late.client.createService(input);

  const { items = [] } = await client.listServices({});
  expect(items.map(({ id }) => id)).toEqual([answer.id]);
});

it("a target group is free after its rules were deleted at once, though each saw another's use", async () => {
  const service = await newService(client);
  const listener = await newListener(client, service.id);
  const group = await newTargetGroup(client);
  const rules: string[] = [];
  for (let index = 0; index < planeCount; index += 1) {
    const input = { priority: index + 1, action: forwardTo(group.id) };
    rules.push((await newRule(client, service.id, listener.id, input)).id);
  }

  const labels = { serviceIdentifier: service.id, listenerIdentifier: listener.id };
  const { lost } = await race((own, index) => own.deleteRule({ ...labels, ruleIdentifier: rules[index] ?? "" }));

  expect(lost).toEqual([]);
  expect((await client.getTargetGroup({ targetGroupIdentifier: group.id })).serviceArns).toEqual([]);
  expect(await store.get({ owner: owners.checkedGroups, id: group.id })).toBeUndefined();
  await client.deleteTargetGroup({ targetGroupIdentifier: group.id });
});

it("a service that is deleted while listeners, rules and associations come leaves nothing behind", async () => {
  for (let round = 0; round < 8; round += 1) {
    const service = await newService(client);
    const network = await client.createServiceNetwork({ name: `network-${round}` });
    const listener = await newListener(client, service.id, { port: 1 });

    const outcome = await race(async (own, index): Promise<unknown> => {
      if (index === 0) return own.deleteService({ serviceIdentifier: service.id });
      if (index === 1) {
        return own.createServiceNetworkServiceAssociation({
          serviceIdentifier: service.id,
          serviceNetworkIdentifier: network.id,
        });
      }
      if (index % 2 === 0) return newListener(own, service.id, { port: 10 + index });
      return newRule(own, service.id, listener.id, { priority: index });
    });

    for (const name of outcome.lost) expect(["ConflictException", "ResourceNotFoundException"]).toContain(name);
    const scope = { account, region };
    const stored = await store.get({ owner: owners.services(scope), id: service.id });
    if (stored !== undefined) {
      await expectCurrentSnapshot(service.id);
      expect((await snapshotOf(store, service.id))?.networkIds).toEqual([network.id]);
      continue;
    }
    const left = [owners.listeners(service.id), owners.rules(listener.id), owners.associationsOf(service.id)];
    for (const owner of left) expect((await store.list(owner)).items).toEqual([]);
    expect(await snapshotOf(store, service.id)).toBeUndefined();
  }
});

it("a target group is deleted or used, never both", async () => {
  for (let round = 0; round < 8; round += 1) {
    const service = await newService(client);
    const group = await newTargetGroup(client);

    const { won } = await race(async (own, index) => {
      if (index === 0) await own.deleteTargetGroup({ targetGroupIdentifier: group.id });
      else if (index === 1) await newListener(own, service.id, { defaultAction: forwardTo(group.id) });
      else throw Object.assign(new Error("takes no part"), { name: "Spectator" });
    });

    expect(won).toHaveLength(1);
    const found = await store.get({ owner: owners.targetGroups({ account, region }), id: group.id });
    const snapshot = await snapshotOf(store, service.id);
    expect(Object.keys(snapshot?.targetGroups ?? {})).toEqual(found === undefined ? [] : [group.id]);
  }
});

it("a writer that loses 50 times in a row is asked to come back, and has changed nothing", async () => {
  const service = await newService(client);
  const contested = interceptTransactions(store, async (_, transact) => {
    await client.updateService({ serviceIdentifier: service.id });
    await transact();
  });
  await using unlucky = await startControlPlane({ store: contested });

  const failure = await failureOf(
    newListener(unlucky.client, service.id, { name: "late", defaultAction: notFoundAction }),
  );

  expect(failure).toBeInstanceOf(ThrottlingException);
  expect(failure).toMatchObject({ name: "ThrottlingException", $metadata: { httpStatusCode: 429 } });
  expect((await client.listListeners({ serviceIdentifier: service.id })).items).toEqual([]);
});
