import { owners } from "@pergola/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  account,
  type ControlPlaneHarness,
  otherAccount,
  region,
  startControlPlane,
} from "../harness/control-plane.ts";
import {
  created,
  errorAction,
  forwardTo,
  newListener,
  newRule,
  newService,
  newTargetGroup,
  notFoundAction,
} from "../harness/lattice-resources.ts";

let plane: ControlPlaneHarness;
beforeEach(async () => {
  plane = await startControlPlane();
});
afterEach(async () => {
  expect(plane.faults).toEqual([]);
  await plane[Symbol.asyncDispose]();
});

interface Change {
  readonly action: string;
  readonly kind: string;
  readonly id: string;
  readonly arn?: string;
  readonly name?: string;
  readonly before?: Record<string, unknown>;
  readonly after?: Record<string, unknown>;
  readonly members?: Record<string, { before?: unknown; after?: unknown }>;
}
interface Entry {
  readonly id: string;
  readonly time: string;
  readonly operation: string;
  readonly resourceArn?: string;
  readonly requestId: string;
  readonly account: string;
  readonly changes: readonly Change[];
}

async function history(query: Record<string, string> = {}): Promise<readonly Entry[]> {
  const { status, json } = await plane.send("GET", `/pergola/history?${new URLSearchParams(query)}`);
  expect(status).toBe(200);
  return (json as { items: readonly Entry[] }).items;
}

async function newestId(): Promise<string> {
  const [newest] = await history({ maxResults: "1" });
  if (newest === undefined) throw new Error("there is no history");
  return newest.id;
}

async function rollback(to: string, dryRun = false) {
  const { status, json } = await plane.send("POST", "/pergola/rollback", JSON.stringify({ to, dryRun }));
  return { status, body: json as { undone: number; changes: readonly Change[]; message?: string } };
}

/** Everything in the store but history, tokens, versions and times of change. */
async function state(): Promise<Record<string, unknown>> {
  const collected: Record<string, unknown> = {};
  const visit = async (owner: string): Promise<readonly { id: string; value: unknown }[]> => {
    const { items } = await plane.store.list(owner, { limit: 1000 });
    for (const { id, value } of items) {
      const text = JSON.stringify(value, (name, inner) => (name === "lastUpdatedAt" ? undefined : inner));
      collected[`${owner} ${id}`] = JSON.parse(text);
    }
    return items;
  };
  const scope = { account, region };
  for (const service of await visit(owners.services(scope))) {
    for (const { id } of await visit(owners.listeners(service.id))) await visit(owners.rules(id));
    await visit(owners.associationsOf(service.id));
    await visit(`${service.id}/auth-policy`);
    await visit(owners.logSubscriptionsOf(service.id));
    await visit(owners.names(scope, `Listener/${service.id}`));
  }
  for (const network of await visit(owners.serviceNetworks(scope))) await visit(owners.associationsOf(network.id));
  for (const group of await visit(owners.targetGroups(scope))) {
    await visit(owners.targets(group.id));
    await visit(owners.uses(group.id));
  }
  const rest = [owners.serviceAssociations, owners.vpcAssociations, owners.logSubscriptions, owners.counts];
  for (const ownerOf of rest) await visit(ownerOf(scope));
  for (const kind of ["Service/", "ServiceNetwork/", "TargetGroup/", "vpc-association"])
    await visit(owners.names(scope, kind));
  for (const owner of [owners.serviceSnapshots, owners.networkSnapshots, owners.checkedGroups]) await visit(owner);
  return collected;
}

const policy = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: "*", Action: "*", Resource: "*" }],
});

/** A bit of everything, and afterwards a change to each of it. */
async function scene() {
  const { client } = plane;
  const [blue, green] = [await newTargetGroup(client), await newTargetGroup(client)];
  const targets = [{ id: "10.0.0.1" }, { id: "10.0.0.2" }];
  await client.registerTargets({ targetGroupIdentifier: blue.id, targets });
  const service = await newService(client, { name: "orders", authType: "AWS_IAM", tags: { team: "a" } });
  const listener = await newListener(client, service.id, { defaultAction: forwardTo(blue.id) });
  const rule = await newRule(client, service.id, listener.id, { name: "api", action: forwardTo(green.id) });
  await client.putAuthPolicy({ resourceIdentifier: service.id, policy });
  const network = created(await client.createServiceNetwork({ name: "main" }));
  const pair = { serviceIdentifier: service.id, serviceNetworkIdentifier: network.id };
  const association = created(await client.createServiceNetworkServiceAssociation(pair));
  const vpc = { serviceNetworkIdentifier: network.id, vpcIdentifier: "vpc-0123456789abcdef0" };
  const vpcAssociation = created(await client.createServiceNetworkVpcAssociation(vpc));
  const log = { resourceIdentifier: service.id, destinationArn: "arn:aws:s3:::my-access-logs" };
  const subscription = created(await client.createAccessLogSubscription(log));
  return { blue, green, service, listener, rule, network, association, vpcAssociation, subscription };
}

describe("history", () => {
  it("says who changed what, newest first, with the difference", async () => {
    const { client } = plane;
    const service = await newService(client, { name: "orders" });
    await client.updateService({ serviceIdentifier: service.id, authType: "AWS_IAM" });
    await client.tagResource({ resourceArn: service.arn, tags: { a: "b" } });
    await client.deleteService({ serviceIdentifier: service.id });

    const entries = await history();
    expect(entries.map(({ operation }) => operation)).toEqual([
      "DeleteService",
      "TagResource",
      "UpdateService",
      "CreateService",
    ]);
    for (const entry of entries) expect(entry).toMatchObject({ account, resourceArn: service.arn });
    const [deleted, tagged, updated, made] = entries.map(({ changes }) => changes[0]);
    expect(made).toMatchObject({ action: "create", kind: "service", name: "orders", after: { authType: "NONE" } });
    expect(updated?.members).toMatchObject({ authType: { before: "NONE", after: "AWS_IAM" } });
    expect(tagged?.members).toEqual({ tags: { before: {}, after: { a: "b" } } });
    expect(deleted).toMatchObject({ action: "delete", before: { tags: { a: "b" } } });
  });

  it("has nothing of what was refused, read, or changed nothing", async () => {
    const { client } = plane;
    const service = await newService(client, { name: "orders" });
    await expect(client.createService({ name: "orders" })).rejects.toThrow(/already exists/);
    await client.getService({ serviceIdentifier: service.id });
    await client.deleteAuthPolicy({ resourceIdentifier: service.id });
    const again = { name: "other", clientToken: "once" };
    await client.createService(again);
    await client.createService(again);

    expect((await history()).map(({ operation }) => operation)).toEqual(["CreateService", "CreateService"]);
  });

  it("is told by resource, with its parts, by ARN, id and name, and of one that is gone", async () => {
    const { service, listener, rule, network } = await scene();
    await plane.client.deleteRule({
      serviceIdentifier: service.id,
      listenerIdentifier: listener.id,
      ruleIdentifier: rule.id,
    });

    const operations = async (resource: string) => (await history({ resource })).map(({ operation }) => operation);
    expect(await operations(rule.arn)).toEqual(["DeleteRule", "CreateRule"]);
    expect(await operations("api")).toEqual(["DeleteRule", "CreateRule"]);
    expect(await operations(listener.id)).toEqual(["DeleteRule", "CreateRule", "CreateListener"]);
    expect(await operations(service.arn)).toEqual([
      "DeleteRule",
      "PutAuthPolicy",
      "CreateRule",
      "CreateListener",
      "CreateService",
    ]);
    expect(await operations(network.id)).toContain("CreateServiceNetwork");
    expect(await operations("nothing-of-that-name")).toEqual([]);
  });

  it("comes in pages, and from a time on", async () => {
    for (let i = 0; i < 5; i++) await newService(plane.client);
    const all = await history();
    const first = await plane.send("GET", "/pergola/history?maxResults=3");
    const { items, nextToken } = first.json as { items: readonly Entry[]; nextToken: string };
    const rest = await history({ nextToken });

    expect([...items, ...rest]).toEqual(all);
    expect(await history({ since: all[0]?.time ?? "" })).toContainEqual(all[0]);
    expect(await history({ since: "2999-01-01T00:00:00Z" })).toEqual([]);
    const bad = await plane.send("GET", "/pergola/history?since=yesterday");
    expect(bad.status).toBe(400);
  });

  it("is each account's and region's own", async () => {
    await newService(plane.clientOf({ account: otherAccount }));
    await newService(plane.clientOf({ region: "eu-west-1" }));

    expect(await history()).toEqual([]);
  });

  it("keeps what identities hold to itself", async () => {
    const { status } = await plane.send("POST", "/pergola/users", JSON.stringify({ name: "alice", tags: { a: "b" } }));
    expect(status).toBe(200);
    const [entry] = await history();

    expect(entry).toMatchObject({ operation: "CreateUser", changes: [{ kind: "user", id: `${account}/alice` }] });
    expect(JSON.stringify(entry)).not.toContain("tags");
  });

  it("does not reach back further than 90 days", async () => {
    await newService(plane.client);
    const later = await startControlPlane({
      store: plane.store,
      clock: { now: () => new Date(Date.now() + 91 * 86_400_000) },
    });
    const to = new Date(Date.now()).toISOString();
    const answer = await later.send("POST", "/pergola/rollback", JSON.stringify({ to }));

    expect(answer.status).toBe(400);
    expect(answer.body).toContain("90 days");
    await later[Symbol.asyncDispose]();
  });

  it("a hundred targets are deregistered at once, with their record", async () => {
    const group = await newTargetGroup(plane.client);
    const targets = Array.from({ length: 100 }, (_, i) => ({ id: `10.0.1.${i}`, port: 80 }));
    await plane.client.registerTargets({ targetGroupIdentifier: group.id, targets });
    const wanted = [...targets.slice(1), { id: "10.9.9.9", port: 80 }];
    const answer = await plane.client.deregisterTargets({ targetGroupIdentifier: group.id, targets: wanted });

    expect(answer.successful).toEqual(targets.slice(1));
    expect(answer.unsuccessful).toMatchObject([{ id: "10.9.9.9", failureCode: "TargetNotFound" }]);
    const left = await plane.client.listTargets({ targetGroupIdentifier: group.id });
    expect(left.items).toMatchObject([{ id: "10.0.1.0" }]);
  });
});

describe("rollback", () => {
  it("brings back everything that was deleted, to the byte, with the same ids", async () => {
    const { service, listener, association, vpcAssociation, subscription, network } = await scene();
    const [before, to] = [await state(), await newestId()];
    const { client } = plane;
    await client.deleteServiceNetworkServiceAssociation({ serviceNetworkServiceAssociationIdentifier: association.id });
    await client.deleteServiceNetworkVpcAssociation({ serviceNetworkVpcAssociationIdentifier: vpcAssociation.id });
    await client.deleteAccessLogSubscription({ accessLogSubscriptionIdentifier: subscription.id });
    await client.deleteService({ serviceIdentifier: service.id });
    await client.deleteServiceNetwork({ serviceNetworkIdentifier: network.id });

    const { status, body } = await rollback(to);

    expect(status).toBe(200);
    expect(body.undone).toBe(5);
    expect(body.changes.filter(({ action }) => action === "create").map(({ kind }) => kind)).toContain("auth-policy");
    expect(await state()).toEqual(before);
    const { arn } = await client.getListener({ serviceIdentifier: service.id, listenerIdentifier: listener.id });
    expect(arn).toBe(listener.arn);
  });

  it("takes away what was made since, and is itself undone", async () => {
    await newService(plane.client, { name: "first" });
    const [empty, to] = [await state(), await newestId()];
    await scene();
    const [full, later] = [await state(), await newestId()];

    expect((await rollback(to)).status).toBe(200);
    expect(await state()).toEqual(empty);
    expect((await rollback(later)).status).toBe(200);
    expect(await state()).toEqual(full);
  });

  it("undoes changes of members, also several of one resource", async () => {
    const { service, listener, rule, blue, green } = await scene();
    const [before, to] = [await state(), await newestId()];
    const { client } = plane;
    const at = { serviceIdentifier: service.id, listenerIdentifier: listener.id };
    await client.updateService({ serviceIdentifier: service.id, authType: "NONE", idleTimeoutSeconds: 100 });
    await client.updateService({ serviceIdentifier: service.id, idleTimeoutSeconds: 200 });
    await client.updateRule({ ...at, ruleIdentifier: rule.id, action: errorAction, priority: 7 });
    await client.updateListener({ ...at, defaultAction: forwardTo(green.id) });
    await client.deleteAuthPolicy({ resourceIdentifier: service.id });
    await client.untagResource({ resourceArn: service.arn, tagKeys: ["team"] });
    await client.updateTargetGroup({ targetGroupIdentifier: blue.id, healthCheck: { path: "/health" } });
    await client.deregisterTargets({ targetGroupIdentifier: blue.id, targets: [{ id: "10.0.0.1" }] });

    const dry = await rollback(to, true);
    const changed = await state();
    expect(dry.body.changes).toContainEqual(
      expect.objectContaining({ action: "update", kind: "rule", name: "api", arn: rule.arn }),
    );
    expect((await rollback(to)).body).toEqual(dry.body);
    expect(changed).not.toEqual(before);
    expect(await state()).toEqual(before);
  });

  it("goes back to a time", async () => {
    await newService(plane.client, { name: "first" });
    const before = await state();
    await new Promise((resolve) => setTimeout(resolve, 5));
    const to = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await newService(plane.client, { name: "second" });

    expect((await rollback(to)).body).toMatchObject({ undone: 1, changes: [{ action: "delete", name: "second" }] });
    expect(await state()).toEqual(before);
    expect((await history())[0]).toMatchObject({ operation: "Rollback" });
  });

  it("a name that was given away since is its former resource's again", async () => {
    const first = await newService(plane.client, { name: "orders" });
    const to = await newestId();
    await plane.client.deleteService({ serviceIdentifier: first.id });
    await newService(plane.client, { name: "orders" });

    expect((await rollback(to)).status).toBe(200);
    const { items } = await plane.client.listServices({});
    expect(items?.map(({ id, name }) => ({ id, name }))).toEqual([{ id: first.id, name: "orders" }]);
  });

  it.each<[string, (serviceId: string) => Promise<unknown>, RegExp]>([
    [
      "was changed behind history's back",
      async (id) => {
        await plane.client.updateService({ serviceIdentifier: id, authType: "AWS_IAM" });
        const key = { owner: owners.services({ account, region }), id };
        const value = (await plane.store.get<object>(key))?.value;
        await plane.store.transact([{ kind: "put", key, value: { ...value, authType: "NONE" }, expect: "any" }]);
      },
      /its `authType` was changed by something that history does not show/,
    ],
    [
      "is gone without a record",
      async (id) => {
        await plane.client.updateService({ serviceIdentifier: id, authType: "AWS_IAM" });
        const key = { owner: owners.services({ account, region }), id };
        await plane.store.transact([{ kind: "delete", key, expect: "any" }]);
      },
      /it is gone/,
    ],
    [
      "has its id used again",
      async (id) => {
        const key = { owner: owners.services({ account, region }), id };
        const value = (await plane.store.get<object>(key))?.value;
        await plane.client.deleteService({ serviceIdentifier: id });
        await plane.store.transact([{ kind: "put", key, value, expect: "any" }]);
      },
      /its id was used a second time/,
    ],
    [
      "has more than one transaction can hold",
      async (id) => {
        for (let port = 1; port <= 35; port++) await newListener(plane.client, id, { port });
      },
      /at most 100 are possible: go back in smaller steps/,
    ],
  ])("is refused, with nothing changed, when a resource %s", async (_what, change, message) => {
    const { id } = await newService(plane.client);
    const to = await newestId();
    await change(id);
    const before = await state();

    const { status, body } = await rollback(to);

    expect([400, 409]).toContain(status);
    expect(body.message).toMatch(message);
    expect(await state()).toEqual(before);
  });

  it.each([
    ["chg-0000000000000000deadbeef", 404],
    ["last week", 400],
    ["2999-01-01T00:00:00Z", 400],
    ["2000-01-01T00:00:00Z", 400],
    ["", 400],
  ])("is refused to `%s`", async (to, status) => {
    await newService(plane.client);

    expect((await rollback(to)).status).toBe(status);
  });

  it("to what is now changes nothing", async () => {
    await newService(plane.client);
    const to = await newestId();

    expect((await rollback(to)).body).toEqual({ undone: 0, changes: [] });
    expect(await newestId()).toBe(to);
  });

  it("leaves nothing half done beside other writers", async () => {
    const service = await newService(plane.client);
    const to = await newestId();
    const writers = Array.from({ length: 10 }, (_, i) =>
      newListener(plane.client, service.id, { port: 1000 + i, defaultAction: notFoundAction }),
    );
    const [undone] = await Promise.all([rollback(to), ...writers]);

    expect(undone.status).toBe(200);
    expect((await rollback(to)).status).toBe(200);
    expect((await plane.client.listListeners({ serviceIdentifier: service.id })).items).toEqual([]);
  });
});
