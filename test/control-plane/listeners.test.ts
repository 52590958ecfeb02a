import { owners } from "@pergola/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ControlPlaneHarness, startControlPlane } from "../harness/control-plane.ts";
import {
  type Created,
  errorAction,
  failureOf,
  forwardTo,
  freshName,
  newListener,
  newRule,
  newService,
  newTargetGroup,
  notFoundAction,
  snapshotOf,
} from "../harness/lattice-resources.ts";

let plane: ControlPlaneHarness;
let service: Created;
let tcpGroup: Created;
beforeAll(async () => {
  plane = await startControlPlane();
  const { client } = plane;
  service = await newService(client);
  tcpGroup = await newTargetGroup(client, {
    config: { protocol: "TCP", port: 443, vpcIdentifier: "vpc-0123456789abcdef0" },
  });
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

const checkedGroup = (id: string): Promise<unknown> => plane.store.get({ owner: owners.checkedGroups, id });

describe("a listener's ARN", () => {
  it("has to name a listener of the service that is named beside it", async () => {
    const [here, there] = [await newService(plane.client), await newService(plane.client)];
    const listener = await newListener(plane.client, there.id);

    const byArn = await failureOf(
      plane.client.getListener({ serviceIdentifier: here.id, listenerIdentifier: listener.arn }),
    );
    const byId = await failureOf(
      plane.client.deleteListener({ serviceIdentifier: here.id, listenerIdentifier: listener.id }),
    );

    expect(byArn).toMatchObject({ name: "ValidationException", fieldList: [{ name: "listenerIdentifier" }] });
    expect(byId).toMatchObject({ name: "ResourceNotFoundException", resourceType: "LISTENER" });
  });
});

describe("UpdateListener", () => {
  it("changes the default action, the default rule's with it, and nothing else", async () => {
    const own = await newService(plane.client);
    const labels = { serviceIdentifier: own.id, listenerIdentifier: (await newListener(plane.client, own.id)).id };
    const before = await plane.client.getListener(labels);

    const { $metadata: _, ...answer } = await plane.client.updateListener({ ...labels, defaultAction: errorAction });
    const { items = [] } = await plane.client.listRules(labels);
    const rule = await plane.client.getRule({ ...labels, ruleIdentifier: items[0]?.id ?? "" });

    expect(answer).toEqual({
      arn: before.arn,
      id: before.id,
      name: before.name,
      protocol: before.protocol,
      port: before.port,
      serviceArn: own.arn,
      serviceId: own.id,
      defaultAction: errorAction,
    });
    expect(rule.action).toEqual(errorAction);
    expect(await snapshotOf(plane.store, own.id)).toMatchObject({
      listeners: [{ defaultAction: { kind: "fixed-response", statusCode: 500 } }],
    });
  });

  it("needs a default action", async () => {
    const { id } = await newListener(plane.client, (await newService(plane.client)).id);

    const answer = await plane.send("PATCH", `/services/${service.id}/listeners/${id}`, '{"port":81}');

    expect(answer).toMatchObject({ status: 400, json: { fieldList: [{ name: "defaultAction" }] } });
  });

  it("that is refused changes nothing", async () => {
    const own = await newService(plane.client);
    const listener = await newListener(plane.client, own.id);
    const before = await snapshotOf(plane.store, own.id);

    const failure = await failureOf(
      plane.client.updateListener({
        serviceIdentifier: own.id,
        listenerIdentifier: listener.id,
        defaultAction: forwardTo(tcpGroup.id),
      }),
    );

    expect(failure.name).toBe("ValidationException");
    expect(await snapshotOf(plane.store, own.id)).toEqual(before);
  });
});

describe("target groups", () => {
  it("are a service's from the first use to the last", async () => {
    const { client } = plane;
    const [own, other] = [await newService(client), await newService(client)];
    const group = await newTargetGroup(client);
    const serviceArns = async () =>
      (await client.getTargetGroup({ targetGroupIdentifier: group.id })).serviceArns ?? [];
    const defaultAction = forwardTo(group.id);

    const listener = await newListener(client, own.id, { defaultAction });
    const labels = { serviceIdentifier: own.id, listenerIdentifier: listener.id };
    const rule = await newRule(client, own.id, listener.id, { action: defaultAction });
    const taken = await failureOf(newListener(client, other.id, { defaultAction }));
    await client.updateListener({ ...labels, defaultAction: notFoundAction });
    const afterFirst = await serviceArns();
    const inUse = await failureOf(client.deleteTargetGroup({ targetGroupIdentifier: group.id }));
    const checked = await checkedGroup(group.id);
    await client.updateRule({ ...labels, ruleIdentifier: rule.id, action: notFoundAction });

    expect(taken).toMatchObject({ name: "ConflictException", resourceType: "TARGET_GROUP", resourceId: group.id });
    expect(afterFirst).toEqual([own.arn]);
    expect(inUse).toMatchObject({ name: "ConflictException" });
    expect(checked).toMatchObject({ value: { id: group.id, serviceId: own.id, type: "IP" } });
    expect(await serviceArns()).toEqual([]);
    expect(await checkedGroup(group.id)).toBeUndefined();
    await newListener(client, other.id, { defaultAction });
    expect(await serviceArns()).toEqual([other.arn]);
  });

  it("change in the snapshot of the service and for health checks when their configuration does", async () => {
    const { client } = plane;
    const own = await newService(client);
    const group = await newTargetGroup(client);
    await newListener(client, own.id, { defaultAction: forwardTo(group.id) });

    await client.updateTargetGroup({ targetGroupIdentifier: group.id, healthCheck: { path: "/healthy" } });

    const config = { healthCheck: { path: "/healthy" } };
    expect(await snapshotOf(plane.store, own.id)).toMatchObject({ targetGroups: { [group.id]: { config } } });
    expect(await checkedGroup(group.id)).toMatchObject({ value: { serviceId: own.id, config } });
  });

  it("that a deleted service used are free again", async () => {
    const { client } = plane;
    const own = await newService(client);
    const group = await newTargetGroup(client);
    const listener = await newListener(client, own.id, { defaultAction: forwardTo(group.id) });
    await newRule(client, own.id, listener.id, { action: forwardTo(group.id) });

    await client.deleteService({ serviceIdentifier: own.id });
    const { status } = await client.deleteTargetGroup({ targetGroupIdentifier: group.id });

    expect(status).toBe("DELETE_IN_PROGRESS");
    expect(await checkedGroup(group.id)).toBeUndefined();
  });
});

describe("DeleteListener", () => {
  it("takes rules with it, frees port, name and groups, and the snapshot loses it", async () => {
    const { client } = plane;
    const own = await newService(client);
    const group = await newTargetGroup(client);
    const listener = await newListener(client, own.id, { name: "web", defaultAction: forwardTo(group.id) });
    const labels = { serviceIdentifier: own.id, listenerIdentifier: listener.id };
    const rule = await newRule(client, own.id, listener.id, { action: forwardTo(group.id) });

    await client.deleteListener({ ...labels, listenerIdentifier: listener.arn });

    const rules = await plane.store.list(owners.rules(listener.id));
    expect(rules.items).toEqual([]);
    expect(await failureOf(client.getListener(labels))).toMatchObject({ resourceType: "LISTENER" });
    expect(await failureOf(client.getRule({ ...labels, ruleIdentifier: rule.id }))).toMatchObject({
      name: "ResourceNotFoundException",
    });
    expect(await snapshotOf(plane.store, own.id)).toMatchObject({ listeners: [], targetGroups: {} });
    await newListener(client, own.id, { name: "web" });
    await client.deleteTargetGroup({ targetGroupIdentifier: group.id });
  });

  it("takes more rules with it than one store transaction can hold", async () => {
    const { client } = plane;
    const own = await newService(client);
    const group = await newTargetGroup(client);
    const listener = await newListener(client, own.id);
    for (let priority = 1; priority <= 120; priority += 1) {
      await newRule(client, own.id, listener.id, { priority, action: forwardTo(group.id) });
    }

    await client.deleteListener({ serviceIdentifier: own.id, listenerIdentifier: listener.id });

    const { items } = await plane.store.list(owners.rules(listener.id));
    expect(items).toEqual([]);
    expect(await snapshotOf(plane.store, own.id)).toMatchObject({ listeners: [] });
    await client.deleteTargetGroup({ targetGroupIdentifier: group.id });
    await client.deleteService({ serviceIdentifier: own.id });
  });
});

it("ListListeners pages through a service's listeners, without their actions", async () => {
  const own = await newService(plane.client);
  const ids: string[] = [];
  for (const port of [1, 2, 3]) ids.push((await newListener(plane.client, own.id, { port, name: freshName() })).id);

  const first = await plane.client.listListeners({ serviceIdentifier: own.arn, maxResults: 2 });
  const second = await plane.client.listListeners({
    serviceIdentifier: own.arn,
    maxResults: 2,
    nextToken: first.nextToken ?? "",
  });

  const items = [...(first.items ?? []), ...(second.items ?? [])];
  expect(items.map(({ id }) => id)).toEqual(ids.sort());
  expect(Object.keys(items[0] ?? {}).sort()).toEqual(
    ["arn", "createdAt", "id", "lastUpdatedAt", "name", "port", "protocol"].sort(),
  );
});
