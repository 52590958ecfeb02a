import { type ConfigStore, drainingMs, openMemoryStore, owners, type TargetHealth } from "@pergola/core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { account, type ControlPlaneHarness, region, startControlPlane } from "../harness/control-plane.ts";
import { interceptTransactions } from "../harness/intercepted-store.ts";
import { failureOf, forwardTo, newListener, newService, newTargetGroup } from "../harness/lattice-resources.ts";

const knownInstance = "i-0123456789abcdef0";
const loadBalancer = (name: string): string =>
  `arn:aws:elasticloadbalancing:${region}:${account}:loadbalancer/app/${name}/0123456789abcdef`;
const lambda = (name: string): string => `arn:aws:lambda:${region}:${account}:function:${name}`;
const known = new Set([knownInstance, loadBalancer("web"), loadBalancer("shop")]);

let now = Date.parse("2026-11-23T10:00:00Z");
const clock = { now: () => new Date(now) };
const targets = { addressOf: ({ id }: { id: string }) => (known.has(id) ? "10.9.9.9" : undefined) };

let plane: ControlPlaneHarness;
let store: ConfigStore;
beforeAll(async () => {
  store = openMemoryStore(clock);
  plane = await startControlPlane({ clock, store, targets });
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
  await store.close();
});

const vpcIdentifier = "vpc-0123456789abcdef0";
const http = { protocol: "HTTP", port: 8080, vpcIdentifier } as const;
const groupOf = async (type: "IP" | "INSTANCE" | "ALB" | "LAMBDA", config: object = http): Promise<string> =>
  (await newTargetGroup(plane.client, type === "LAMBDA" ? { type, config: undefined } : { type, config })).id;

/** A service with a listener that forwards to the group. */
async function use(targetGroupId: string): Promise<void> {
  const service = await newService(plane.client);
  await newListener(plane.client, service.id, { defaultAction: forwardTo(targetGroupId) });
}

async function statusesOf(targetGroupIdentifier: string): Promise<(string | undefined)[][]> {
  const { items = [] } = await plane.client.listTargets({ targetGroupIdentifier });
  return items.map(({ id, status }) => [id, status]);
}

type Case = readonly ["IP" | "INSTANCE" | "ALB" | "LAMBDA", object | undefined, { id: string; port?: number }, object];
const taken: readonly Case[] = [
  ["IP", undefined, { id: "10.0.0.1" }, { id: "10.0.0.1", port: 8080 }],
  ["IP", undefined, { id: "172.31.255.254", port: 1 }, { id: "172.31.255.254", port: 1 }],
  ["IP", undefined, { id: "192.168.0.1" }, { id: "192.168.0.1", port: 8080 }],
  ["IP", undefined, { id: "100.127.0.1" }, { id: "100.127.0.1", port: 8080 }],
  ["IP", undefined, { id: "127.0.0.1", port: 3000 }, { id: "127.0.0.1", port: 3000 }],
  ["IP", { ipAddressType: "IPV6" }, { id: "fd12:3456::1" }, { id: "fd12:3456::1", port: 8080 }],
  ["IP", { ipAddressType: "IPV6" }, { id: "::1" }, { id: "::1", port: 8080 }],
  ["INSTANCE", undefined, { id: knownInstance }, { id: knownInstance, port: 8080 }],
  ["ALB", undefined, { id: loadBalancer("web") }, { id: loadBalancer("web"), port: 8080 }],
  ["LAMBDA", undefined, { id: lambda("hello") }, { id: lambda("hello") }],
  ["LAMBDA", undefined, { id: lambda("hello:live"), port: 80 }, { id: lambda("hello:live") }],
  ["LAMBDA", undefined, { id: lambda("hello:$LATEST") }, { id: lambda("hello:$LATEST") }],
];
const refused: readonly Case[] = [
  ...[
    "8.8.8.8",
    "169.254.169.254",
    "172.32.0.1",
    "100.128.0.1",
    "0.0.0.0",
    "010.0.0.1",
    "10.1",
    "2130706433",
    "localhost",
    "fd12:3456::1",
  ].map((id): Case => ["IP", undefined, { id }, { failureCode: "InvalidTarget" }]),
  ...["10.0.0.1", "::ffff:10.0.0.1", "fe80::1", "fd00:ec2::254", "fd12::1%eth0", "ff02::1", "::"].map(
    (id): Case => ["IP", { ipAddressType: "IPV6" }, { id }, { failureCode: "InvalidTarget" }],
  ),
  ["INSTANCE", undefined, { id: "i-0fffffffffffffff0" }, { failureCode: "TargetNotKnown" }],
  ["INSTANCE", undefined, { id: "10.0.0.1" }, { failureCode: "InvalidTarget" }],
  ["ALB", undefined, { id: loadBalancer("unknown") }, { failureCode: "TargetNotKnown" }],
  ["ALB", undefined, { id: loadBalancer("web").replace(account, "999900001111") }, { failureCode: "InvalidTarget" }],
  ["ALB", undefined, { id: loadBalancer("web").replace("/app/", "/net/") }, { failureCode: "InvalidTarget" }],
  ["LAMBDA", undefined, { id: "hello" }, { failureCode: "InvalidTarget" }],
  ["LAMBDA", undefined, { id: lambda("hello").replace(account, "999900001111") }, { failureCode: "InvalidTarget" }],
  ["LAMBDA", undefined, { id: lambda("hello").replace(region, "eu-west-1") }, { failureCode: "InvalidTarget" }],
  ["LAMBDA", undefined, { id: lambda("a/../b") }, { failureCode: "InvalidTarget" }],
];

describe("RegisterTargets with a directory that has to look first", () => {
  const open = async (resolve: (targets: readonly { id: string }[]) => Promise<void>) => {
    const found = new Set<string>();
    const looking = {
      addressOf: ({ id }: { id: string }) => (found.has(id) ? "10.9.9.9" : undefined),
      resolve: async (wanted: readonly { id: string }[]) => {
        await resolve(wanted);
        for (const { id } of wanted) found.add(id);
      },
    };
    const own = await startControlPlane({ targets: looking });
    onTestFinished(() => own[Symbol.asyncDispose]());
    const { id: targetGroupIdentifier } = await newTargetGroup(own.client, { type: "INSTANCE", config: http });
    return { client: own.client, targetGroupIdentifier };
  };

  it("takes an instance at the first call, and asks about nothing that cannot be one", async () => {
    const asked: string[] = [];
    const { client, targetGroupIdentifier } = await open(async (wanted) => {
      asked.push(...wanted.map(({ id }) => id));
    });
    const targets = [{ id: knownInstance }, { id: "10.0.0.1" }];
    const { successful, unsuccessful } = await client.registerTargets({ targetGroupIdentifier, targets });
    expect(successful).toEqual([{ id: knownInstance, port: 8080 }]);
    expect(unsuccessful).toMatchObject([{ failureCode: "InvalidTarget" }]);
    expect(asked).toEqual([knownInstance]);
  });

  it("is a failure of the service while nobody can be asked, and registers nothing", async () => {
    const { client, targetGroupIdentifier } = await open(() => Promise.reject(new Error("EC2 is away")));
    const failed = await failureOf(client.registerTargets({ targetGroupIdentifier, targets: [{ id: knownInstance }] }));
    expect(failed).toMatchObject({ name: "InternalServerException" });
    expect((await client.listTargets({ targetGroupIdentifier })).items).toEqual([]);
  });
});

describe("RegisterTargets", () => {
  it.each(taken)("type %s %j takes %j as %j", async (type, config, target, expected) => {
    const targetGroupIdentifier = await groupOf(type, { ...http, ...config });

    const { $metadata, ...answer } = await plane.client.registerTargets({ targetGroupIdentifier, targets: [target] });
    const { items } = await plane.client.listTargets({ targetGroupIdentifier });

    expect($metadata.httpStatusCode).toBe(200);
    expect(answer).toEqual({ successful: [expected], unsuccessful: [] });
    expect(items).toEqual([{ ...expected, status: "UNUSED" }]);
  });

  it.each(refused)("type %s %j refuses %j with %j", async (type, config, target, expected) => {
    const targetGroupIdentifier = await groupOf(type, { ...http, ...config });

    const answer = await plane.client.registerTargets({ targetGroupIdentifier, targets: [target] });

    expect(answer.successful).toEqual([]);
    expect(answer.unsuccessful).toEqual([{ ...target, ...expected, failureMessage: expect.any(String) }]);
    expect(await statusesOf(targetGroupIdentifier)).toEqual([]);
  });

  it("says where to make an instance known", async () => {
    const targetGroupIdentifier = await groupOf("INSTANCE");

    const { unsuccessful } = await plane.client.registerTargets({
      targetGroupIdentifier,
      targets: [{ id: "i-0fffffffffffffff0" }],
    });

    expect(unsuccessful?.[0]?.failureMessage).toContain("pergola.json");
  });

  it("takes the good ones of a mixed request; the same one twice is one target", async () => {
    const targetGroupIdentifier = await groupOf("IP");
    const mixed = [{ id: "10.0.0.1" }, { id: "1.1.1.1" }, { id: "10.0.0.1", port: 8080 }, { id: "10.0.0.1", port: 81 }];

    const { successful = [], unsuccessful = [] } = await plane.client.registerTargets({
      targetGroupIdentifier,
      targets: mixed,
    });
    await plane.client.registerTargets({ targetGroupIdentifier, targets: mixed });

    expect([successful.length, unsuccessful.length]).toEqual([3, 1]);
    expect(await statusesOf(targetGroupIdentifier)).toHaveLength(2);
  });

  it.each([
    [[], "targets"],
    [Array.from({ length: 101 }, (_, i) => ({ id: `10.0.0.${i}` })), "targets"],
    [[{}], "targets[0].id"],
    [[{ id: "" }], "targets[0].id"],
    [[{ id: "a".repeat(201) }], "targets[0].id"],
    [[{ id: "10.0.0.1\u0000" }], "targets[0].id"],
    [[{ id: "10.0.0.1" }, { id: "10.0.0.1", port: 0 }], "targets[1].port"],
  ])("refuses malformed targets (case %#), naming %s", async (list, field) => {
    const path = `/targetgroups/${await groupOf("IP")}/registertargets`;

    const answer = await plane.send("POST", path, JSON.stringify({ targets: list }));

    expect(answer).toMatchObject({ status: 400, json: { fieldList: [{ name: field }] } });
  });

  it.each([
    ["LAMBDA", lambda("one"), lambda("two")],
    ["ALB", loadBalancer("web"), loadBalancer("shop")],
  ] as const)("takes one %s and no second", async (type, first, second) => {
    const targetGroupIdentifier = await groupOf(type);
    await plane.client.registerTargets({ targetGroupIdentifier, targets: [{ id: first }] });

    const again = await plane.client.registerTargets({
      targetGroupIdentifier,
      targets: [{ id: first }, { id: second }],
    });

    expect(again.successful).toHaveLength(1);
    expect(again.unsuccessful).toMatchObject([{ id: second, failureCode: "TargetLimitExceeded" }]);
    expect(await statusesOf(targetGroupIdentifier)).toEqual([[first, "UNUSED"]]);
  });

  it("takes 1000 targets, a hundred at once, and not one more", async () => {
    const targetGroupIdentifier = await groupOf("IP");
    for (let net = 0; net < 10; net += 1) {
      const hundred = Array.from({ length: 100 }, (_, host) => ({ id: `10.0.${net}.${host}` }));
      const { successful } = await plane.client.registerTargets({ targetGroupIdentifier, targets: hundred });
      expect(successful).toHaveLength(100);
    }

    const failure = await failureOf(
      plane.client.registerTargets({ targetGroupIdentifier, targets: [{ id: "10.1.0.0" }] }),
    );
    const again = await plane.client.registerTargets({ targetGroupIdentifier, targets: [{ id: "10.0.9.99" }] });

    expect(failure).toMatchObject({
      name: "ServiceQuotaExceededException",
      $metadata: { httpStatusCode: 402 },
      serviceCode: "vpc-lattice",
      quotaCode: "L-D71303F3",
      resourceId: targetGroupIdentifier,
    });
    expect(again.successful).toHaveLength(1);
    expect(await plane.store.list(owners.targets(targetGroupIdentifier), { limit: 1000 })).toMatchObject({
      more: false,
    });
  });

  it("refuses loopback where the deployment says so", async () => {
    await using hosted = await startControlPlane({ settings: { refuseLoopbackTargets: true } });
    const { id: targetGroupIdentifier } = await newTargetGroup(hosted.client);

    const answer = await hosted.client.registerTargets({ targetGroupIdentifier, targets: [{ id: "127.0.0.1" }] });

    expect(answer.unsuccessful).toMatchObject([{ failureCode: "InvalidTarget" }]);
  });

  it("and a racing DeleteTargetGroup leave no target without its group", async () => {
    const inner = openMemoryStore();
    let beforeDelete: (() => Promise<unknown>) | undefined;
    const held = interceptTransactions(inner, async (writes, transact) => {
      const deletesGroup = writes.some(({ kind, key }) => kind === "delete" && key.owner.endsWith("/target-groups"));
      const race = deletesGroup ? beforeDelete : undefined;
      if (race !== undefined) {
        beforeDelete = undefined;
        await race();
      }
      await transact();
    });
    await using deleting = await startControlPlane({ store: held });
    await using registering = await startControlPlane({ store: inner });
    const { id: targetGroupIdentifier } = await newTargetGroup(registering.client);
    beforeDelete = () => registering.client.registerTargets({ targetGroupIdentifier, targets: [{ id: "10.0.0.1" }] });

    const failure = await failureOf(deleting.client.deleteTargetGroup({ targetGroupIdentifier }));

    expect(failure.name).toBe("ConflictException");
    expect((await registering.client.listTargets({ targetGroupIdentifier })).items).toHaveLength(1);
    await inner.close();
  });
});

describe("DeregisterTargets", () => {
  it("removes targets of a group that is not in use at once, a hundred at a time", async () => {
    const targetGroupIdentifier = await groupOf("IP");
    const hundred = Array.from({ length: 100 }, (_, host) => ({ id: `10.0.1.${host}` }));
    await plane.client.registerTargets({ targetGroupIdentifier, targets: hundred });

    const { successful } = await plane.client.deregisterTargets({ targetGroupIdentifier, targets: hundred });

    expect(successful).toEqual(hundred.map(({ id }) => ({ id, port: 8080 })));
    expect(await statusesOf(targetGroupIdentifier)).toEqual([]);
    await plane.client.deleteTargetGroup({ targetGroupIdentifier });
  });

  it("drains targets of a group in use for a minute, in which the group cannot be deleted", async () => {
    const group = await newTargetGroup(plane.client);
    const targetGroupIdentifier = group.id;
    const service = await newService(plane.client);
    const listener = await newListener(plane.client, service.id, { defaultAction: forwardTo(group.id) });
    await plane.client.registerTargets({ targetGroupIdentifier, targets: [{ id: "10.0.0.1" }] });

    await plane.client.deregisterTargets({ targetGroupIdentifier, targets: [{ id: "10.0.0.1", port: 80 }] });
    await plane.client.deleteListener({ serviceIdentifier: service.id, listenerIdentifier: listener.id });
    const draining = await statusesOf(targetGroupIdentifier);
    const failure = await failureOf(plane.client.deleteTargetGroup({ targetGroupIdentifier }));
    now += drainingMs - 1;
    const still = await statusesOf(targetGroupIdentifier);
    now += 1;
    const drained = await statusesOf(targetGroupIdentifier);

    expect(draining).toEqual([["10.0.0.1", "DRAINING"]]);
    expect(failure).toMatchObject({ name: "ConflictException", resourceType: "TARGET_GROUP" });
    expect(still).toEqual(draining);
    expect(drained).toEqual([]);
    await plane.client.deleteTargetGroup({ targetGroupIdentifier });
  });

  it("a second time does not prolong the draining", async () => {
    const targetGroupIdentifier = await groupOf("IP");
    await use(targetGroupIdentifier);
    const list = { targetGroupIdentifier, targets: [{ id: "10.0.0.1" }] };
    await plane.client.registerTargets(list);

    await plane.client.deregisterTargets(list);
    now += drainingMs / 2;
    const { successful } = await plane.client.deregisterTargets(list);
    now += drainingMs / 2;

    expect(successful).toHaveLength(1);
    expect(await statusesOf(targetGroupIdentifier)).toEqual([]);
  });

  it("is undone by registering again, and the target begins as INITIAL", async () => {
    const targetGroupIdentifier = await groupOf("IP");
    await use(targetGroupIdentifier);
    const list = { targetGroupIdentifier, targets: [{ id: "10.0.0.1" }] };
    await plane.client.registerTargets(list);
    await putHealth(targetGroupIdentifier, "10.0.0.1:8080", { status: "HEALTHY", since: clock.now().toISOString() });
    await plane.client.deregisterTargets(list);

    await plane.client.registerTargets(list);
    now += 2 * drainingMs;

    expect(await statusesOf(targetGroupIdentifier)).toEqual([["10.0.0.1", "INITIAL"]]);
  });

  it.each([
    ["LAMBDA", lambda("one")],
    ["ALB", loadBalancer("web")],
  ] as const)("removes a %s at once, also from a group in use", async (type, id) => {
    const targetGroupIdentifier = await groupOf(type);
    await use(targetGroupIdentifier);
    await plane.client.registerTargets({ targetGroupIdentifier, targets: [{ id }] });
    const before = await statusesOf(targetGroupIdentifier);

    await plane.client.deregisterTargets({ targetGroupIdentifier, targets: [{ id }] });

    expect(before).toEqual([[id, "UNAVAILABLE"]]);
    expect(await statusesOf(targetGroupIdentifier)).toEqual([]);
  });

  it("says TargetNotFound for a target that is not registered, and takes the others", async () => {
    const targetGroupIdentifier = await groupOf("IP");
    await plane.client.registerTargets({ targetGroupIdentifier, targets: [{ id: "10.0.0.1" }] });

    const answer = await plane.client.deregisterTargets({
      targetGroupIdentifier,
      targets: [{ id: "10.0.0.1", port: 81 }, { id: "no such thing".replaceAll(" ", "-") }, { id: "10.0.0.1" }],
    });

    expect(answer.unsuccessful).toMatchObject([
      { id: "10.0.0.1", port: 81, failureCode: "TargetNotFound" },
      { id: "no-such-thing", failureCode: "TargetNotFound" },
    ]);
    expect(answer.successful).toEqual([{ id: "10.0.0.1", port: 8080 }]);
  });

  it("of a group that is not there is 404", async () => {
    const failure = await failureOf(
      plane.client.deregisterTargets({ targetGroupIdentifier: "tg-00000000000000000", targets: [{ id: "10.0.0.1" }] }),
    );

    expect(failure).toMatchObject({ name: "ResourceNotFoundException", resourceType: "TARGET_GROUP" });
  });
});

async function putHealth(targetGroupId: string, id: string, value: TargetHealth): Promise<void> {
  await store.transact([{ kind: "put", key: { owner: owners.health(targetGroupId), id }, value, expect: "any" }]);
}

describe("ListTargets", () => {
  const since = "2026-11-23T10:00:00.000Z";
  it.each<[TargetHealth | undefined, object]>([
    [undefined, { status: "INITIAL" }],
    [{ status: "INITIAL", since }, { status: "INITIAL" }],
    [{ status: "HEALTHY", since }, { status: "HEALTHY" }],
    [
      { status: "UNHEALTHY", reasonCode: "HealthCheckFailed", since },
      { status: "UNHEALTHY", reasonCode: "HealthCheckFailed" },
    ],
  ])("shows the health %j of a target in use as %j", async (health, expected) => {
    const targetGroupIdentifier = await groupOf("IP");
    await plane.client.registerTargets({ targetGroupIdentifier, targets: [{ id: "10.0.0.1" }] });
    if (health !== undefined) await putHealth(targetGroupIdentifier, "10.0.0.1:8080", health);
    const unused = await statusesOf(targetGroupIdentifier);
    await use(targetGroupIdentifier);

    const { items } = await plane.client.listTargets({ targetGroupIdentifier });

    expect(unused).toEqual([["10.0.0.1", "UNUSED"]]);
    expect(items).toEqual([{ id: "10.0.0.1", port: 8080, ...expected }]);
  });

  it("shows UNAVAILABLE where health checks are off", async () => {
    const targetGroupIdentifier = await groupOf("IP", { ...http, healthCheck: { enabled: false } });
    await use(targetGroupIdentifier);
    await plane.client.registerTargets({ targetGroupIdentifier, targets: [{ id: "10.0.0.1" }] });

    expect(await statusesOf(targetGroupIdentifier)).toEqual([["10.0.0.1", "UNAVAILABLE"]]);
  });

  it("filters by id and by id and port, and pages by the query string", async () => {
    const targetGroupIdentifier = await groupOf("IP");
    const list = ["10.0.0.1", "10.0.0.2", "10.0.0.3"].flatMap((id) => [
      { id, port: 81 },
      { id, port: 82 },
    ]);
    await plane.client.registerTargets({ targetGroupIdentifier, targets: list });
    const filter = [{ id: "10.0.0.1" }, { id: "10.0.0.3", port: 82 }, { id: "10.0.0.9" }];

    const first = await plane.client.listTargets({ targetGroupIdentifier, targets: filter, maxResults: 2 });
    const { nextToken } = first;
    const second = await plane.client.listTargets({ targetGroupIdentifier, targets: filter, maxResults: 2, nextToken });

    expect(nextToken).toBeDefined();
    expect(second.nextToken).toBeUndefined();
    expect([...(first.items ?? []), ...(second.items ?? [])].map(({ id, port }) => `${id}:${port}`)).toEqual([
      "10.0.0.1:81",
      "10.0.0.1:82",
      "10.0.0.3:82",
    ]);
  });

  it("refuses more than 20 targets in a filter and the token of another group", async () => {
    const [one, other] = [await groupOf("IP"), await groupOf("IP")];
    const twoOf = { targets: [{ id: "10.0.0.1" }, { id: "10.0.0.2" }] };
    await plane.client.registerTargets({ targetGroupIdentifier: one, ...twoOf });
    const { nextToken } = await plane.client.listTargets({ targetGroupIdentifier: one, maxResults: 1 });
    const many = Array.from({ length: 21 }, (_, i) => ({ id: `10.0.0.${i}` }));

    const tooMany = await failureOf(plane.client.listTargets({ targetGroupIdentifier: one, targets: many }));
    const foreign = await failureOf(plane.client.listTargets({ targetGroupIdentifier: other, nextToken }));

    expect(tooMany).toMatchObject({ name: "ValidationException", fieldList: [{ name: "targets" }] });
    expect(foreign).toMatchObject({ name: "ValidationException", fieldList: [{ name: "nextToken" }] });
  });
});

describe("deleting a group", () => {
  it("takes what health checks left behind with it, however much it is", async () => {
    const targetGroupIdentifier = await groupOf("IP");
    for (let i = 0; i < 200; i += 1) {
      await putHealth(targetGroupIdentifier, `10.0.0.${i}:80`, { status: "HEALTHY", since: clock.now().toISOString() });
    }

    await plane.client.deleteTargetGroup({ targetGroupIdentifier });

    expect((await store.list(owners.health(targetGroupIdentifier))).items).toEqual([]);
    expect(await failureOf(plane.client.getTargetGroup({ targetGroupIdentifier }))).toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
});
