import { owners } from "@pergola/core";
import { expect, it } from "vitest";
import {
  account,
  groupArn,
  groupId,
  host,
  listener,
  network,
  networkArn,
  openTarget,
  openWorld,
  send,
  sendRaw,
  service,
  serviceArn,
  serviceId,
  statuses,
  subscription,
  toGroup,
  vpcId,
} from "./testing/world.ts";

it("forwards to a registered target and records the request", async () => {
  const world = await openWorld();
  await world.putNetwork({ logSubscriptions: [subscription("als-network", "sn")] });
  const target = await openTarget((request, response) => response.end(`${request.method} ${request.url}`));
  await world.putTargets(target);

  const reply = await send(world.port, "/a%20b?x=1", { headers: { "user-agent": "probe" } });

  expect(reply).toMatchObject({ status: 200, body: "GET /a%20b?x=1" });
  const [record] = await world.records(1);
  expect(world.recorded[0]?.destinations).toEqual(["als-service", "als-network"]);
  expect(record).toMatchObject({
    serviceNetworkArn: networkArn,
    serviceArn,
    targetGroupArn: groupArn,
    requestId: reply.headers["x-amzn-requestid"],
    startTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    requestMethod: "GET",
    requestPath: "/a%20b",
    protocol: "HTTP/1.1",
    hostHeader: host,
    serverNameIndication: "-",
    tlsVersion: "-",
    sslCipher: "-",
    userAgent: "probe",
    sourceIpPort: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    sourceVpcArn: `arn:aws:ec2:us-west-2:${account}:vpc/${vpcId}`,
    sourceVpcId: vpcId,
    destinationVpcId: "vpc-0dest",
    targetIpPort: `127.0.0.1:${target.port}`,
    responseCode: 200,
    resolvedUser: "-",
    authDeniedReason: "-",
    failureReason: "-",
    callerPrincipal: "-",
  });
});

it("answers with plain text of its own", async () => {
  const world = await openWorld();

  const reply = await send(world.port, "/");

  expect(reply).toMatchObject({ status: 503, body: "Service Unavailable: no target\n" });
  expect(reply.headers).toMatchObject({
    "content-type": "text/plain; charset=utf-8",
    "content-length": "31",
    date: expect.stringContaining("GMT"),
    "x-amzn-requestid": expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
});

it.each<[string, string, number]>([
  ["the generated name", host, 503],
  ["the generated name in capitals", host.toUpperCase(), 503],
  ["a port after the name", `${host}:7080`, 503],
  ["the name with AWS's suffix", host.replace("localhost", "on.aws"), 503],
  ["the custom domain name", "shop.example.com", 503],
  ["another service's name with this id", host.replace("web-", "shop-"), 404],
  ["the name in another region", host.replace("us-west-2", "eu-west-1"), 404],
  ["an unknown name", "nobody.example.com", 404],
  ["an unknown id", host.replace("0a1b", "0b0b"), 404],
  ["an address", "127.0.0.1", 404],
  ["an IPv6 address", "[::1]:80", 404],
  ["a name with a slash", "a/b", 400],
  ["a name with user information", `user@${host}`, 400],
  ["an empty name", "", 400],
])("Host is %s", async (_name, value, expected) => {
  const world = await openWorld();
  await world.putService({ customDomainName: "shop.example.com" });
  await world.put(owners.domain("shop.example.com"), serviceId, {});

  const raw = await sendRaw(world.port, `GET / HTTP/1.1\r\nHost: ${value}\r\nConnection: close\r\n\r\n`);

  expect(statuses(raw)).toEqual([expected]);
});

it("has no listener for other ports and protocols", async () => {
  const world = await openWorld({ listenerPort: 8080 });
  const other = await openWorld({ listenerPort: 443 });
  await other.putService({ listeners: [listener(443, { protocol: "HTTPS" })] });

  expect(await send(world.port, "/")).toMatchObject({ status: 404, body: "Not Found\n" });
  expect(await send(other.port, "/")).toMatchObject({ status: 404, body: "Not Found\n" });
});

it("serves only clients whose VPC is associated with a network of the service", async () => {
  const inside = { vpcId, account };
  const outside = { vpcId: "vpc-0outside000000000", account };
  const world = await openWorld({
    vpcOf: (address) => ({ "127.0.1.1": inside, "127.0.1.2": outside })[address],
  });
  const target = await openTarget((_request, response) => response.end("in"));
  await world.putTargets(target);

  expect(await send(world.port, "/", { localAddress: "127.0.1.1" })).toMatchObject({ status: 200, body: "in" });
  expect(await send(world.port, "/", { localAddress: "127.0.1.2" })).toMatchObject({ status: 404 });
  expect(await send(world.port, "/", { localAddress: "127.0.1.3" })).toMatchObject({ status: 404 });
  const [, denied] = await world.records(2);
  expect(denied).toMatchObject({ serviceNetworkArn: "-", failureReason: "ClientAccessDenied", responseCode: 404 });
  expect(world.warnings.map((one) => one.message)).toContain(
    "no service network of the service has the client's VPC associated",
  );
});

it("finds the service of the client's network among those with one custom domain name", async () => {
  const vpcs: Record<string, string> = { "127.0.1.1": "vpc-01", "127.0.1.2": "vpc-02" };
  const world = await openWorld({ vpcOf: (address) => ({ vpcId: vpcs[address] ?? "-", account }) });
  for (const n of ["1", "2"]) {
    const id = `svc-0000000000000000${n}`;
    const fixed = { kind: "fixed-response", statusCode: n === "1" ? 404 : 500 } as const;
    await world.put(
      owners.serviceSnapshots,
      id,
      service({
        serviceId: id,
        customDomainName: "shop.example.com",
        networkIds: [`sn-0000000000000000${n}`],
        listeners: [listener(80, { defaultAction: fixed })],
      }),
    );
    await world.put(owners.domain("shop.example.com"), id, {});
    const vpc = { vpcId: `vpc-0${n}`, account, associationId: "snva-1" };
    await world.put(owners.networkSnapshots, `sn-0000000000000000${n}`, network({ vpcs: [vpc] }));
  }
  const headers = { host: "shop.example.com" };

  expect(await send(world.port, "/", { headers, localAddress: "127.0.1.1" })).toMatchObject({ body: "Not Found\n" });
  expect(await send(world.port, "/", { headers, localAddress: "127.0.1.2" })).toMatchObject({
    body: "Internal Server Error\n",
  });
});

it("answers by the first rule that matches, else by default", async () => {
  const world = await openWorld();
  const rule = (priority: number, prefix: string, statusCode: number) => ({
    id: `rule-${priority}`,
    priority,
    match: { httpMatch: { pathMatch: { match: { prefix } } } },
    action: { kind: "fixed-response", statusCode } as const,
  });
  await world.putService({ listeners: [listener(80, { rules: [rule(1, "/a/b", 500), rule(2, "/a", 404)] })] });

  expect(await send(world.port, "/a/b/c?/a")).toMatchObject({ status: 500, body: "Internal Server Error\n" });
  expect(await send(world.port, "/abc")).toMatchObject({ status: 404, body: "Not Found\n" });
  expect(await send(world.port, "/other")).toMatchObject({ status: 503 });
});

it("divides requests by weight", async () => {
  let random = 0;
  const world = await openWorld({ options: { random: () => random } });
  const action = (a: number, b: number) =>
    ({
      kind: "forward",
      targetGroups: [
        { id: groupId, weight: a },
        { id: "tg-other", weight: b },
      ],
    }) as const;
  const target = await openTarget((_request, response) => response.end());
  await world.putTargets(target);
  await world.putService({ listeners: [listener(80, { defaultAction: action(1, 3) })] });

  random = 0.24;
  expect(await send(world.port, "/")).toMatchObject({ status: 200 });
  random = 0.26;
  expect(await send(world.port, "/")).toMatchObject({ status: 503 });
  await world.putService({ listeners: [listener(80, { defaultAction: action(0, 0) })] });
  expect(await send(world.port, "/")).toMatchObject({ status: 503 });
});

it("takes healthy targets in turn, and all of them when none is healthy", async () => {
  const world = await openWorld();
  const open = (name: string) => openTarget((_request, response) => response.end(name));
  const [a, b, c, d] = [await open("a"), await open("b"), await open("c"), await open("d")];
  const healthCheck = { enabled: true, path: "/" };
  await world.putService({
    targetGroups: {
      [groupId]: { id: groupId, arn: groupArn, type: "IP", config: { port: 80, protocol: "HTTP", healthCheck } },
    },
  });
  await world.putTargets(a, b, c, { ...d, drainingSince: "2026-01-01T00:00:00Z" });
  const seen = async (): Promise<string> => {
    const bodies: string[] = [];
    for (let i = 0; i < 6; i += 1) bodies.push((await send(world.port, "/")).body);
    return bodies.sort().join("");
  };

  expect(await seen()).toBe("aabbcc");
  await world.putHealth(a, "HEALTHY");
  await world.putHealth(b, "UNHEALTHY");
  expect(await seen()).toBe("aaaaaa");
  await world.putHealth(c, "HEALTHY");
  expect(await seen()).toBe("aaaccc");
  await world.putHealth(a, "UNHEALTHY");
  await world.putHealth(c, "UNHEALTHY");
  expect(await seen()).toBe("aabbcc");
});

it("has every change in force for the next request", async () => {
  const world = await openWorld();
  const respond = (statusCode: number) =>
    world.putService({ listeners: [listener(80, { defaultAction: { kind: "fixed-response", statusCode } })] });

  for (let i = 0; i < 20; i += 1) {
    await respond(404);
    expect((await send(world.port, "/")).status).toBe(404);
    await respond(500);
    expect((await send(world.port, "/")).status).toBe(500);
  }
  await world.putService({ listeners: [listener(80, { defaultAction: toGroup })] });
  expect((await send(world.port, "/")).status).toBe(503);
  await world.store.transact([
    { kind: "delete", key: { owner: owners.serviceSnapshots, id: serviceId }, expect: "any" },
  ]);
  expect((await send(world.port, "/")).status).toBe(404);
});

it("goes on with the last good configuration while the store is away", async () => {
  let isAway = false;
  const away = <T>(work: () => Promise<T>): Promise<T> => (isAway ? Promise.reject(new Error("away")) : work());
  const world = await openWorld({
    options: { storeRetryDelay: 50 },
    wrapStore: (store) => ({
      ...store,
      get: (key) => away(() => store.get(key)),
      list: (owner, options) => away(() => store.list(owner, options)),
    }),
  });
  const target = await openTarget((_request, response) => response.end("ok"));
  await world.putTargets(target);
  expect((await send(world.port, "/")).status).toBe(200);

  isAway = true;
  await world.putService({ listeners: [listener(80, { defaultAction: { kind: "fixed-response", statusCode: 404 } })] });
  expect((await send(world.port, "/")).status).toBe(200);
  expect((await send(world.port, "/")).status).toBe(200);
  expect(world.plane.metrics()).toMatchObject({ staleServed: 2, storeErrors: 1 });
  isAway = false;
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect((await send(world.port, "/")).status).toBe(404);
});

it("does not wait longer for the store than it may", async () => {
  let isStuck = false;
  const world = await openWorld({
    options: { storeTimeout: 50, storeRetryDelay: 1_000 },
    wrapStore: (store) => ({
      ...store,
      get: (key, signal) =>
        isStuck
          ? new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(new Error("too late"))))
          : store.get(key),
    }),
  });
  expect((await send(world.port, "/")).status).toBe(503);

  isStuck = true;
  await world.putService({ listeners: [] });
  expect(await send(world.port, "/")).toMatchObject({ body: "Service Unavailable: no target\n" });
  expect(world.plane.metrics().staleServed).toBe(1);
});

it("refuses while the store has never been read", async () => {
  const world = await openWorld({
    wrapStore: (store) => ({ ...store, get: () => Promise.reject(new Error("away")) }),
  });

  expect(await send(world.port, "/")).toMatchObject({ status: 503, body: "Service Unavailable\n" });
});

it("counts what it does", async () => {
  const world = await openWorld();
  await send(world.port, "/");
  await send(world.port, "/", { headers: { host: "nobody.example.com" } });
  await sendRaw(world.port, "nonsense\r\n\r\n");
  await world.records(1);

  expect(world.plane.metrics()).toMatchObject({ requests: 2, responses5xx: 1, responses4xx: 1, malformed: 1 });
});
