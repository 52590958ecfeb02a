import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ControlPlaneHarness, otherAccount, region, startControlPlane } from "../harness/control-plane.ts";
import { failureOf, freshName, newListener, newRule, newService, snapshotOf } from "../harness/lattice-resources.ts";

let plane: ControlPlaneHarness;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

describe("CreateService", () => {
  it("fills in defaults and names the service's DNS entry after name and id", async () => {
    const name = freshName("orders");

    const { $metadata, ...service } = await plane.client.createService({ name });

    expect($metadata.httpStatusCode).toBe(201);
    expect(service).toEqual({
      id: expect.stringMatching(/^svc-0[0-9a-f]{16}$/),
      arn: `arn:aws:vpc-lattice:${region}:123456789012:service/${service.id}`,
      name,
      status: "CREATE_IN_PROGRESS",
      authType: "NONE",
      idleTimeoutSeconds: 60,
      dnsEntry: {
        domainName: `${name}-${service.id?.slice(4)}.7d67968.vpc-lattice-svcs.${region}.localhost`,
        hostedZoneId: expect.stringMatching(/^Z[0-9A-Z]{20}$/),
      },
    });
  });

  it("keeps what it was given, and Get shows it without tags", async () => {
    const given = {
      name: freshName("orders"),
      authType: "AWS_IAM",
      idleTimeoutSeconds: 600,
      customDomainName: "Orders.Example.com",
      certificateArn: `arn:aws:acm:${region}:123456789012:certificate/0a1b-2c`,
    } as const;

    const { id = "" } = await plane.client.createService({ ...given, tags: { team: "shop" } });
    const { $metadata: _, ...service } = await plane.client.getService({ serviceIdentifier: id });

    expect(service).toMatchObject({ ...given, customDomainName: "orders.example.com", status: "ACTIVE" });
    expect(service).not.toHaveProperty("tags");
    expect(await snapshotOf(plane.store, id)).toMatchObject({
      serviceId: id,
      authType: "AWS_IAM",
      idleTimeoutSeconds: 600,
      customDomainName: "orders.example.com",
      tags: { team: "shop" },
      networkIds: [],
      listeners: [],
    });
  });

  it("shows CREATE_IN_PROGRESS for as long as the deployment says", async () => {
    let now = Date.parse("2026-11-23T10:00:00Z");
    await using slow = await startControlPlane({ clock: { now: () => new Date(now) }, settings: { settleMs: 2000 } });
    const { id: serviceIdentifier } = await newService(slow.client);
    const statuses: (string | undefined)[] = [];

    for (const step of [1999, 1]) {
      statuses.push((await slow.client.getService({ serviceIdentifier })).status);
      now += step;
    }
    statuses.push((await slow.client.getService({ serviceIdentifier })).status);

    expect(statuses).toEqual(["CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "ACTIVE"]);
  });

  it.each([
    [{ name: "ab" }, "name"],
    [{ name: "a".repeat(41) }, "name"],
    [{ name: "svc-orders" }, "name"],
    [{ name: "-orders" }, "name"],
    [{ name: "orders-" }, "name"],
    [{ name: "or--ders" }, "name"],
    [{ name: "Orders" }, "name"],
    [{ name: "orders\n" }, "name"],
    [{ name: "orders", authType: "IAM" }, "authType"],
    [{ name: "orders", idleTimeoutSeconds: 59 }, "idleTimeoutSeconds"],
    [{ name: "orders", idleTimeoutSeconds: 601 }, "idleTimeoutSeconds"],
    [{ name: "orders", idleTimeoutSeconds: 60.5 }, "idleTimeoutSeconds"],
    [{ name: "orders", customDomainName: "x" }, "customDomainName"],
    [{ name: "orders", customDomainName: "a b.example.com" }, "customDomainName"],
    [{ name: "orders", customDomainName: `${"a".repeat(64)}.example.com` }, "customDomainName"],
    [{ name: "orders", certificateArn: "orders" }, "certificateArn"],
    [{ name: "orders", clientToken: "t".repeat(65) }, "clientToken"],
    [{ name: "orders", tags: { "aws:x": "y" } }, "tags"],
    [{ name: "orders", tags: { k: "v".repeat(257) } }, "tags.k"],
    [{ name: "orders", tags: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, ""])) }, "tags"],
  ])("refuses %j, naming %s", async (input, field) => {
    const answer = await plane.send("POST", "/services", JSON.stringify(input));

    expect(answer).toMatchObject({
      status: 400,
      json: { reason: "fieldValidationFailed", fieldList: [{ name: field }] },
    });
  });

  it("names every bad member at once", async () => {
    const failure = await failureOf(
      plane.client.createService({ name: "A", idleTimeoutSeconds: 1, authType: "MAYBE" as "NONE" }),
    );

    expect(failure).toMatchObject({
      name: "ValidationException",
      fieldList: [{ name: "name" }, { name: "authType" }, { name: "idleTimeoutSeconds" }],
    });
  });

  it("refuses a taken name with `already exist`, and only within account and region", async () => {
    const name = freshName("taken");
    const { id } = await newService(plane.client, { name });

    const failure = await failureOf(plane.client.createService({ name }));
    await newService(plane.clientOf({ account: otherAccount }), { name });
    await newService(plane.clientOf({ region: "eu-west-1" }), { name });

    expect(failure).toMatchObject({ name: "ConflictException", resourceType: "SERVICE", resourceId: id });
    expect(failure.message).toContain("already exist");
  });
});

describe("client tokens", () => {
  it("answer a repeated create with the first answer, even one that the SDK retried much later", async () => {
    const input = { name: freshName("once"), clientToken: "token-1" };

    const first = await plane.client.createService(input);
    const second = await plane.client.createService(input);

    expect(second.id).toBe(first.id);
    expect(second.$metadata.requestId).not.toBe(first.$metadata.requestId);
  });

  it("cannot be used again with other parameters", async () => {
    await plane.client.createService({ name: freshName("once"), clientToken: "token-2" });

    const failure = await failureOf(plane.client.createService({ name: freshName("twice"), clientToken: "token-2" }));

    expect(failure).toMatchObject({ name: "ConflictException" });
  });

  it("of a create that was refused can be used again", async () => {
    const name = freshName("later");
    const { id } = await newService(plane.client, { name });
    await failureOf(plane.client.createService({ name, clientToken: "token-3" }));
    await plane.client.deleteService({ serviceIdentifier: id });

    const answer = await plane.client.createService({ name, clientToken: "token-3" });

    expect(answer.id).not.toBe(id);
  });

  it("are an account's own", async () => {
    const input = { name: freshName("mine"), clientToken: "token-4" };

    const first = await plane.client.createService(input);
    const second = await plane.clientOf({ account: otherAccount }).createService(input);

    expect(second.id).not.toBe(first.id);
  });

  it("may hold any characters beside one of printable ASCII", async () => {
    const input = { name: freshName("odd"), clientToken: "x\u0000\ud83d\ude00" };

    const [first, second] = [await plane.client.createService(input), await plane.client.createService(input)];

    expect(second.id).toBe(first.id);
  });
});

describe("UpdateService", () => {
  it("keeps members that are left out, and its answer has neither status nor times", async () => {
    const { id } = await newService(plane.client, { idleTimeoutSeconds: 90, customDomainName: "shop.example.com" });

    const { $metadata: _, ...answer } = await plane.client.updateService({
      serviceIdentifier: id,
      authType: "AWS_IAM",
    });

    expect(answer).toMatchObject({
      id,
      authType: "AWS_IAM",
      idleTimeoutSeconds: 90,
      customDomainName: "shop.example.com",
    });
    for (const member of ["status", "createdAt", "lastUpdatedAt"]) expect(answer).not.toHaveProperty(member);
    expect(await snapshotOf(plane.store, id)).toMatchObject({ authType: "AWS_IAM", idleTimeoutSeconds: 90 });
  });

  it("moves lastUpdatedAt and leaves createdAt", async () => {
    let now = Date.parse("2026-11-23T10:00:00Z");
    await using timed = await startControlPlane({ clock: { now: () => new Date(now) } });
    const { id: serviceIdentifier } = await newService(timed.client);

    now += 5000;
    await timed.client.updateService({ serviceIdentifier, idleTimeoutSeconds: 61 });
    const { createdAt, lastUpdatedAt } = await timed.client.getService({ serviceIdentifier });

    expect(createdAt?.toISOString()).toBe("2026-11-23T10:00:00.000Z");
    expect(lastUpdatedAt?.toISOString()).toBe("2026-11-23T10:00:05.000Z");
  });
});

describe("DeleteService", () => {
  it("takes listeners, rules and the snapshot with it, and frees the name", async () => {
    const name = freshName("gone");
    const { id, arn } = await newService(plane.client, { name });
    const listener = await newListener(plane.client, id);
    await newRule(plane.client, id, listener.id);

    const { $metadata, ...answer } = await plane.client.deleteService({ serviceIdentifier: arn });

    expect($metadata.httpStatusCode).toBe(200);
    expect(answer).toEqual({ id, arn, name, status: "DELETE_IN_PROGRESS" });
    expect(await failureOf(plane.client.getService({ serviceIdentifier: id }))).toMatchObject({
      resourceType: "SERVICE",
    });
    expect(await snapshotOf(plane.store, id)).toBeUndefined();
    await newService(plane.client, { name });
  });

  it("of a missing service is 404", async () => {
    const { id } = await newService(plane.client);
    await plane.client.deleteService({ serviceIdentifier: id });

    const failure = await failureOf(plane.client.deleteService({ serviceIdentifier: id }));

    expect(failure).toMatchObject({ name: "ResourceNotFoundException", resourceId: id });
  });
});

describe("identifiers", () => {
  it("of another account: an id is unknown, an ARN is denied", async () => {
    const { id, arn } = await newService(plane.client);
    const stranger = plane.clientOf({ account: otherAccount });

    const byId = await failureOf(stranger.getService({ serviceIdentifier: id }));
    const byArn = await failureOf(stranger.deleteService({ serviceIdentifier: arn }));

    expect(byId.name).toBe("ResourceNotFoundException");
    expect(byArn.name).toBe("AccessDeniedException");
  });

  it("of another region or partition are unknown", async () => {
    const { id, arn } = await newService(plane.client);
    const elsewhere = plane.clientOf({ region: "eu-west-1" });

    const failures = await Promise.all([
      failureOf(elsewhere.getService({ serviceIdentifier: id })),
      failureOf(elsewhere.getService({ serviceIdentifier: arn })),
      failureOf(plane.client.getService({ serviceIdentifier: arn.replace("arn:aws:", "arn:aws-cn:") })),
    ]);

    expect(failures.map(({ name }) => name)).toEqual(Array(3).fill("ResourceNotFoundException"));
  });

  it.each(["orders", "svc-1", "sn-0123456789abcdef0", "svc-0123456789ABCDEF0", "svc-0123456789abcdef0\n"])(
    "%j is none of a service",
    async (serviceIdentifier) => {
      const failure = await failureOf(plane.client.getService({ serviceIdentifier }));

      expect(failure).toMatchObject({ name: "ValidationException", fieldList: [{ name: "serviceIdentifier" }] });
    },
  );
});

describe("ListServices", () => {
  it("is empty for an account without services", async () => {
    const { items, nextToken } = await plane.clientOf({ account: "000000000001" }).listServices({});

    expect(items).toEqual([]);
    expect(nextToken).toBeUndefined();
  });

  it("pages without repeating or missing a service that stays, while others come and go", async () => {
    const client = plane.clientOf({ account: "000000000002" });
    const stay = await Promise.all(Array.from({ length: 12 }, () => newService(client)));
    const go = await Promise.all(Array.from({ length: 6 }, () => newService(client)));
    const seen: (string | undefined)[] = [];
    let nextToken: string | undefined;

    do {
      const page = await client.listServices({ maxResults: 5, ...(nextToken === undefined ? {} : { nextToken }) });
      seen.push(...(page.items ?? []).map(({ id }) => id));
      nextToken = page.nextToken;
      const [victim] = go.splice(0, 1);
      if (victim !== undefined) await client.deleteService({ serviceIdentifier: victim.id });
      await newService(client);
    } while (nextToken !== undefined);

    expect(new Set(seen).size).toBe(seen.length);
    expect(stay.filter(({ id }) => !seen.includes(id))).toEqual([]);
  });

  it("has no next token when the last page is full", async () => {
    const client = plane.clientOf({ account: "000000000003" });
    await Promise.all([newService(client), newService(client)]);

    const { items, nextToken } = await client.listServices({ maxResults: 2 });

    expect(items).toHaveLength(2);
    expect(nextToken).toBeUndefined();
  });
});
