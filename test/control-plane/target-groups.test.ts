import type { CreateTargetGroupCommandInput, HealthCheckConfig } from "@aws-sdk/client-vpc-lattice";
import { owners, type TargetGroupSnapshot } from "@pergola/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { account, type ControlPlaneHarness, region, startControlPlane } from "../harness/control-plane.ts";
import {
  failureOf,
  forwardTo,
  freshName,
  newListener,
  newService,
  newTargetGroup,
  snapshotOf,
} from "../harness/lattice-resources.ts";

let plane: ControlPlaneHarness;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

const vpcIdentifier = "vpc-0123456789abcdef0";
const healthDefaults = {
  enabled: true,
  protocol: "HTTP",
  protocolVersion: "HTTP1",
  path: "/",
  healthCheckIntervalSeconds: 30,
  healthCheckTimeoutSeconds: 5,
  healthyThresholdCount: 5,
  unhealthyThresholdCount: 2,
  matcher: { httpCode: "200" },
} as const;
const http = { protocol: "HTTP", port: 80, vpcIdentifier } as const;
const tcp = { protocol: "TCP", port: 9000, vpcIdentifier } as const;
type Given = Omit<CreateTargetGroupCommandInput, "name">;

/** What is sent, and the config that Create and Get echo. */
const echoes: readonly [string, Given, object | undefined][] = [
  [
    "IP: port, version, address type and health check are filled in",
    { type: "IP", config: { protocol: "HTTPS", vpcIdentifier } },
    {
      protocol: "HTTPS",
      port: 443,
      vpcIdentifier,
      protocolVersion: "HTTP1",
      ipAddressType: "IPV4",
      healthCheck: healthDefaults,
    },
  ],
  [
    "INSTANCE: no address type",
    { type: "INSTANCE", config: { ...http, port: 8080 } },
    { ...http, port: 8080, protocolVersion: "HTTP1", healthCheck: healthDefaults },
  ],
  [
    "HTTP2: health checks speak HTTP2 and are off",
    { type: "INSTANCE", config: { ...http, protocolVersion: "HTTP2" } },
    { ...http, protocolVersion: "HTTP2", healthCheck: { ...healthDefaults, enabled: false, protocolVersion: "HTTP2" } },
  ],
  [
    "GRPC: health checks speak HTTP1 and are off",
    { type: "INSTANCE", config: { ...http, protocolVersion: "GRPC" } },
    { ...http, protocolVersion: "GRPC", healthCheck: { ...healthDefaults, enabled: false } },
  ],
  [
    "TCP: no version, and nothing is filled into a health check that is off",
    { type: "IP", config: { ...tcp, ipAddressType: "IPV6" } },
    { ...tcp, ipAddressType: "IPV6", healthCheck: { enabled: false } },
  ],
  [
    "TCP: a health check that is asked for has every member",
    {
      type: "INSTANCE",
      config: { ...tcp, healthCheck: { enabled: true, protocol: "HTTP", protocolVersion: "HTTP1" } },
    },
    { ...tcp, healthCheck: healthDefaults },
  ],
  [
    "a health check keeps what it was given; 0 and an empty text ask for defaults",
    {
      type: "INSTANCE",
      config: {
        ...http,
        healthCheck: {
          port: 8081,
          path: "",
          matcher: { httpCode: "" },
          healthCheckIntervalSeconds: 0,
          healthCheckTimeoutSeconds: 7,
        },
      },
    },
    { ...http, protocolVersion: "HTTP1", healthCheck: { ...healthDefaults, port: 8081, healthCheckTimeoutSeconds: 7 } },
  ],
  ["ALB: no health check", { type: "ALB", config: http }, { ...http, protocolVersion: "HTTP1" }],
  ["ALB behind TCP: no version", { type: "ALB", config: tcp }, tcp],
  ["LAMBDA without a configuration has none", { type: "LAMBDA" }, undefined],
  [
    "LAMBDA keeps its event version",
    { type: "LAMBDA", config: { lambdaEventStructureVersion: "V2" } },
    { lambdaEventStructureVersion: "V2" },
  ],
];

/** What is refused, and every member that is named. */
const refusals: readonly [object, readonly string[]][] = [
  [{ type: "IP" }, ["config.protocol", "config.vpcIdentifier"]],
  [{ type: "ALB", config: {} }, ["config.protocol", "config.vpcIdentifier"]],
  [{ type: "IP", config: { protocol: "TCP", vpcIdentifier } }, ["config.port"]],
  [{ type: "NODE" }, ["type"]],
  [{ config: http }, ["type"]],
  [{ type: "INSTANCE", config: { ...http, ipAddressType: "IPV4" } }, ["config.ipAddressType"]],
  [{ type: "ALB", config: { ...http, healthCheck: { enabled: false } } }, ["config.healthCheck"]],
  [{ type: "ALB", config: { ...http, protocolVersion: "GRPC" } }, ["config.protocolVersion"]],
  [{ type: "IP", config: { ...tcp, protocolVersion: "HTTP1" } }, ["config.protocolVersion"]],
  [{ type: "IP", config: { ...http, lambdaEventStructureVersion: "V1" } }, ["config.lambdaEventStructureVersion"]],
  [{ type: "LAMBDA", config: { port: 80, healthCheck: {} } }, ["config.port", "config.healthCheck"]],
  [{ type: "IP", config: { ...http, port: 0 } }, ["config.port"]],
  [{ type: "IP", config: { ...http, port: 65_536 } }, ["config.port"]],
  [{ type: "IP", config: { ...http, vpcIdentifier: "vpc-1" } }, ["config.vpcIdentifier"]],
  [
    { type: "IP", config: { ...tcp, healthCheck: { enabled: true } } },
    ["config.healthCheck.protocol", "config.healthCheck.protocolVersion"],
  ],
];

const badHealthChecks: readonly [object, string][] = [
  [{ protocol: "TCP" }, "protocol"],
  [{ protocolVersion: "GRPC" }, "protocolVersion"],
  [{ port: 65_536 }, "port"],
  [{ path: "health" }, "path"],
  [{ path: `/${"a".repeat(2048)}` }, "path"],
  [{ path: "/a b" }, "path"],
  [{ healthCheckIntervalSeconds: 4 }, "healthCheckIntervalSeconds"],
  [{ healthCheckIntervalSeconds: 301 }, "healthCheckIntervalSeconds"],
  [{ healthCheckTimeoutSeconds: 121 }, "healthCheckTimeoutSeconds"],
  [{ healthCheckTimeoutSeconds: 31 }, "healthCheckTimeoutSeconds"],
  [{ healthyThresholdCount: 1 }, "healthyThresholdCount"],
  [{ unhealthyThresholdCount: 11 }, "unhealthyThresholdCount"],
  ...["199", "500", "200-", "299-200", "2xx", "200,", "200 ", ","].map((httpCode): [object, string] => [
    { matcher: { httpCode } },
    "matcher.httpCode",
  ]),
];

describe("CreateTargetGroup", () => {
  it.each(echoes)("%s", async (_, given, config) => {
    const { $metadata, ...group } = await plane.client.createTargetGroup({ name: freshName("group"), ...given });
    const read = await plane.client.getTargetGroup({ targetGroupIdentifier: group.arn });

    expect($metadata.httpStatusCode).toBe(201);
    expect(group).toEqual({
      id: expect.stringMatching(/^tg-0[0-9a-f]{16}$/),
      arn: `arn:aws:vpc-lattice:${region}:${account}:targetgroup/${group.id}`,
      name: group.name,
      type: given.type,
      status: "CREATE_IN_PROGRESS",
      ...(config === undefined ? {} : { config }),
    });
    expect(read).toMatchObject({ id: group.id, status: "ACTIVE", serviceArns: [] });
    expect(read.config).toEqual(config);
  });

  it.each(refusals)("refuses %j, naming %j", async (input, fields) => {
    const body = JSON.stringify({ name: freshName("group"), ...input });

    const answer = await plane.send("POST", "/targetgroups", body);

    expect(answer).toMatchObject({ status: 400, json: { fieldList: fields.map((name) => ({ name })) } });
  });

  it.each(badHealthChecks)("refuses the health check %j, naming %s", async (healthCheck, field) => {
    const body = JSON.stringify({ name: freshName("group"), type: "IP", config: { ...http, healthCheck } });

    const answer = await plane.send("POST", "/targetgroups", body);

    expect(answer).toMatchObject({ status: 400, json: { fieldList: [{ name: `config.healthCheck.${field}` }] } });
  });

  it.each(["200", "200,202", "200-299", "200-299,404,499"])("takes %j as healthy codes", async (httpCode) => {
    const { id } = await newTargetGroup(plane.client, {
      config: { ...http, healthCheck: { matcher: { httpCode } } },
    });

    const { config } = await plane.client.getTargetGroup({ targetGroupIdentifier: id });

    expect(config?.healthCheck?.matcher).toEqual({ httpCode });
  });

  it("refuses a taken name with `already exist`", async () => {
    const name = freshName("taken");
    const { id } = await newTargetGroup(plane.client, { name });

    const failure = await failureOf(newTargetGroup(plane.client, { name }));

    expect(failure).toMatchObject({ name: "ConflictException", resourceType: "TARGET_GROUP", resourceId: id });
    expect(failure.message).toContain("already exist");
  });
});

describe("UpdateTargetGroup", () => {
  const before = { ...healthDefaults, port: 8081, path: "/up", healthyThresholdCount: 3 } as const;

  it.each<[string, HealthCheckConfig, object]>([
    ["replaces what is given", { path: "/ready", port: 8082 }, { ...before, path: "/ready", port: 8082 }],
    ["changes nothing by an empty one", {}, before],
    ["can be switched off", { enabled: false }, { ...before, enabled: false }],
    [
      "goes back to defaults by 0 and the empty text",
      { path: "", port: 0, healthyThresholdCount: 0 },
      { ...healthDefaults, port: undefined },
    ],
  ])("a health check %s", async (_, healthCheck, expected) => {
    const { id } = await newTargetGroup(plane.client, { config: { ...http, healthCheck: before } });

    const answer = await plane.client.updateTargetGroup({ targetGroupIdentifier: id, healthCheck });

    expect(answer.status).toBe("ACTIVE");
    expect(answer.config?.healthCheck).toEqual(expected);
    expect((await plane.client.getTargetGroup({ targetGroupIdentifier: id })).config).toEqual(answer.config);
  });

  it("refuses what does not fit to what is already there", async () => {
    const { id } = await newTargetGroup(plane.client, { config: { ...http, healthCheck: before } });

    const failure = await failureOf(
      plane.client.updateTargetGroup({ targetGroupIdentifier: id, healthCheck: { healthCheckTimeoutSeconds: 31 } }),
    );

    expect(failure).toMatchObject({
      name: "ValidationException",
      fieldList: [{ name: "healthCheck.healthCheckTimeoutSeconds" }],
    });
  });

  it.each<Given>([{ type: "LAMBDA" }, { type: "ALB", config: http }])("is refused for %j", async (given) => {
    const { id = "" } = await plane.client.createTargetGroup({ name: freshName("group"), ...given });

    const failure = await failureOf(
      plane.client.updateTargetGroup({ targetGroupIdentifier: id, healthCheck: { enabled: false } }),
    );

    expect(failure).toMatchObject({ name: "ValidationException", fieldList: [{ name: "healthCheck" }] });
  });

  it("is in force in the snapshots of the service and of health checks", async () => {
    const group = await newTargetGroup(plane.client);
    const service = await newService(plane.client);
    await newListener(plane.client, service.id, { defaultAction: forwardTo(group.id) });

    await plane.client.updateTargetGroup({ targetGroupIdentifier: group.id, healthCheck: { path: "/up" } });

    const snapshot = await snapshotOf(plane.store, service.id);
    expect(snapshot?.targetGroups[group.id]?.config.healthCheck?.path).toBe("/up");
    const key = { owner: owners.checkedGroups, id: group.id };
    const checked = await plane.store.get<TargetGroupSnapshot & { serviceId: string }>(key);
    expect(checked?.value).toMatchObject({ serviceId: service.id, config: { healthCheck: { path: "/up" } } });
  });
});

describe("ListTargetGroups", () => {
  it("shows the configuration's members flat, and filters by VPC, type and both", async () => {
    const client = plane.clientOf({ account: "000000000011" });
    const otherVpc = "vpc-0aaaaaaaaaaaaaaaa";
    const ip = await newTargetGroup(client);
    const alb = await newTargetGroup(client, { type: "ALB", config: { ...http, vpcIdentifier: otherVpc } });
    const lambda = await client.createTargetGroup({
      name: freshName("group"),
      type: "LAMBDA",
      config: { lambdaEventStructureVersion: "V2" },
    });
    const idsOf = async (filter: object): Promise<unknown[]> =>
      ((await client.listTargetGroups(filter)).items ?? []).map(({ id }) => id);

    const { items = [] } = await client.listTargetGroups({});

    expect(items.find(({ id }) => id === ip.id)).toMatchObject({
      arn: ip.arn,
      type: "IP",
      port: 80,
      protocol: "HTTP",
      ipAddressType: "IPV4",
      vpcIdentifier,
      status: "ACTIVE",
      serviceArns: [],
    });
    expect(items.find(({ id }) => id === lambda.id)).toMatchObject({
      type: "LAMBDA",
      lambdaEventStructureVersion: "V2",
    });
    expect(await idsOf({ vpcIdentifier: otherVpc })).toEqual([alb.id]);
    expect(await idsOf({ targetGroupType: "IP" })).toEqual([ip.id]);
    expect(await idsOf({ vpcIdentifier: otherVpc, targetGroupType: "IP" })).toEqual([]);
  });

  it("pages through a filter without empty pages in between", async () => {
    const client = plane.clientOf({ account: "000000000012" });
    const wanted: string[] = [];
    for (let i = 0; i < 6; i += 1) {
      wanted.push((await newTargetGroup(client)).id);
      await newTargetGroup(client, { type: "ALB", config: http });
    }
    const pages: (string | undefined)[][] = [];
    let nextToken: string | undefined;

    do {
      const page = await client.listTargetGroups({ targetGroupType: "IP", maxResults: 4, nextToken });
      pages.push((page.items ?? []).map(({ id }) => id));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);

    expect(pages.flat().sort()).toEqual(wanted.sort());
    expect(pages[0]).toHaveLength(4);
  });
});

describe("serviceArns", () => {
  it("name the service while a listener forwards to the group", async () => {
    const group = await newTargetGroup(plane.client);
    const service = await newService(plane.client);
    const listener = await newListener(plane.client, service.id, { defaultAction: forwardTo(group.id) });

    const used = await plane.client.getTargetGroup({ targetGroupIdentifier: group.id });
    await plane.client.deleteListener({ serviceIdentifier: service.id, listenerIdentifier: listener.id });
    const free = await plane.client.getTargetGroup({ targetGroupIdentifier: group.id });

    expect(used.serviceArns).toEqual([service.arn]);
    expect(free.serviceArns).toEqual([]);
  });
});

describe("DeleteTargetGroup", () => {
  it("frees the name, and a second time it is 404", async () => {
    const name = freshName("gone");
    const { id, arn } = await newTargetGroup(plane.client, { name });

    const { $metadata, ...answer } = await plane.client.deleteTargetGroup({ targetGroupIdentifier: id });

    expect($metadata.httpStatusCode).toBe(200);
    expect(answer).toEqual({ id, arn, status: "DELETE_IN_PROGRESS" });
    expect(await failureOf(plane.client.deleteTargetGroup({ targetGroupIdentifier: id }))).toMatchObject({
      name: "ResourceNotFoundException",
      resourceType: "TARGET_GROUP",
    });
    await newTargetGroup(plane.client, { name });
  });

  it("is refused while a listener forwards to the group", async () => {
    const { id } = await newTargetGroup(plane.client);
    const service = await newService(plane.client);
    await newListener(plane.client, service.id, { defaultAction: forwardTo(id) });

    const failure = await failureOf(plane.client.deleteTargetGroup({ targetGroupIdentifier: id }));

    expect(failure).toMatchObject({ name: "ConflictException", resourceType: "TARGET_GROUP", resourceId: id });
  });

  it("and RegisterTargets are refused while the group is being created", async () => {
    await using slow = await startControlPlane({ settings: { settleMs: 60_000 } });
    const { id: targetGroupIdentifier } = await newTargetGroup(slow.client);

    const failures = await Promise.all([
      failureOf(slow.client.deleteTargetGroup({ targetGroupIdentifier })),
      failureOf(slow.client.registerTargets({ targetGroupIdentifier, targets: [{ id: "10.0.0.1" }] })),
    ]);

    for (const failure of failures) {
      expect(failure.name).toBe("ConflictException");
      expect(failure.message).toContain("CREATE_IN_PROGRESS");
    }
  });
});
