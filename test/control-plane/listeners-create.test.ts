import type { CreateListenerCommandInput } from "@aws-sdk/client-vpc-lattice";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ControlPlaneHarness, otherAccount, startControlPlane } from "../harness/control-plane.ts";
import {
  type Created,
  failureOf,
  forwardTo,
  newListener,
  newService,
  newTargetGroup,
  notFoundAction,
  ruleInput,
  snapshotOf,
} from "../harness/lattice-resources.ts";

let plane: ControlPlaneHarness;
let service: Created;
let domainService: Created;
let httpGroup: Created;
let tcpGroup: Created;
let lambdaGroup: Created;
beforeAll(async () => {
  plane = await startControlPlane();
  const { client } = plane;
  service = await newService(client);
  domainService = await newService(client, { customDomainName: "shop.example.com" });
  httpGroup = await newTargetGroup(client);
  tcpGroup = await newTargetGroup(client, {
    config: { protocol: "TCP", port: 443, vpcIdentifier: "vpc-0123456789abcdef0" },
  });
  lambdaGroup = await newTargetGroup(client, { type: "LAMBDA", config: undefined });
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

describe("CreateListener", () => {
  it.each([
    { protocol: "HTTP", port: 80 },
    { protocol: "HTTPS", port: 443 },
  ] as const)("$protocol has port $port unless told otherwise", async ({ protocol, port }) => {
    const own = await newService(plane.client);

    const answer = await plane.client.createListener({
      serviceIdentifier: own.arn,
      name: "web",
      protocol,
      defaultAction: notFoundAction,
    });
    const { $metadata, ...listener } = answer;

    expect($metadata.httpStatusCode).toBe(201);
    expect(listener).toEqual({
      arn: `${own.arn}/listener/${listener.id}`,
      id: expect.stringMatching(/^listener-0[0-9a-f]{16}$/),
      name: "web",
      protocol,
      port,
      serviceArn: own.arn,
      serviceId: own.id,
      defaultAction: notFoundAction,
    });
    expect((await snapshotOf(plane.store, own.id))?.listeners).toEqual([
      { id: listener.id, port, protocol, rules: [], defaultAction: { kind: "fixed-response", statusCode: 404 } },
    ]);
  });

  it("TLS_PASSTHROUGH forwards to TCP groups of a service with a domain of its own, on port 443", async () => {
    const defaultAction = forwardTo(tcpGroup.id);

    const listener = await plane.client.createListener({
      serviceIdentifier: domainService.id,
      name: "tls",
      protocol: "TLS_PASSTHROUGH",
      defaultAction,
    });

    expect(listener).toMatchObject({ port: 443, defaultAction });
    expect(await failureOf(plane.client.createRule(ruleInput(domainService.id, listener.id ?? "")))).toMatchObject({
      name: "ValidationException",
      fieldList: [{ name: "listenerIdentifier" }],
    });
  });

  it("echoes weight 100 for one group without a weight, and the identifier as it was sent", async () => {
    const own = await newService(plane.client);
    const group = await newTargetGroup(plane.client);
    const defaultAction = { forward: { targetGroups: [{ targetGroupIdentifier: group.arn }] } };

    const { id: listenerIdentifier = "" } = await newListener(plane.client, own.id, { defaultAction });
    const listener = await plane.client.getListener({ serviceIdentifier: own.id, listenerIdentifier });

    expect(listener.defaultAction).toEqual(forwardTo(group.arn));
    expect(await snapshotOf(plane.store, own.id)).toMatchObject({
      listeners: [{ defaultAction: { kind: "forward", targetGroups: [{ id: group.id, weight: 100 }] } }],
      targetGroups: {
        [group.id]: { id: group.id, arn: group.arn, type: "IP", config: { protocol: "HTTP", port: 80 } },
      },
    });
  });

  const refused: readonly { why: string; input: () => Partial<CreateListenerCommandInput>; field: string }[] = [
    { why: "a name like an id", input: () => ({ name: "listener-a" }), field: "name" },
    { why: "a name too short", input: () => ({ name: "ab" }), field: "name" },
    { why: "an unknown protocol", input: () => ({ protocol: "TCP" as "HTTP" }), field: "protocol" },
    { why: "port 0", input: () => ({ port: 0 }), field: "port" },
    { why: "port 65536", input: () => ({ port: 65_536 }), field: "port" },
    {
      why: "a fixed response but 404 and 500",
      input: () => ({ defaultAction: { fixedResponse: { statusCode: 200 } } }),
      field: "defaultAction.fixedResponse.statusCode",
    },
    {
      why: "no target group",
      input: () => ({ defaultAction: { forward: { targetGroups: [] } } }),
      field: "defaultAction.forward.targetGroups",
    },
    {
      why: "eleven target groups",
      input: () => ({ defaultAction: forwardTo(...Array<string>(11).fill(httpGroup.id)) }),
      field: "defaultAction.forward.targetGroups",
    },
    {
      why: "a weight of 1000",
      input: () => ({
        defaultAction: { forward: { targetGroups: [{ targetGroupIdentifier: httpGroup.id, weight: 1000 }] } },
      }),
      field: "defaultAction.forward.targetGroups[0].weight",
    },
    {
      why: "several groups of which one has no weight",
      input: () => ({
        defaultAction: {
          forward: {
            targetGroups: [
              { targetGroupIdentifier: httpGroup.id, weight: 1 },
              { targetGroupIdentifier: lambdaGroup.id },
            ],
          },
        },
      }),
      field: "defaultAction.forward.targetGroups[1].weight",
    },
    {
      why: "the name of a target group instead of its id",
      input: () => ({ defaultAction: forwardTo("my-group") }),
      field: "defaultAction.forward.targetGroups[0].targetGroupIdentifier",
    },
    {
      why: "a TCP group behind HTTP",
      input: () => ({ defaultAction: forwardTo(tcpGroup.id) }),
      field: "defaultAction.forward.targetGroups[0].targetGroupIdentifier",
    },
    {
      why: "TLS_PASSTHROUGH without a domain",
      input: () => ({ protocol: "TLS_PASSTHROUGH", defaultAction: forwardTo(httpGroup.id) }),
      field: "protocol",
    },
  ];

  it.each(refused)("refuses $why", async ({ input, field }) => {
    const failure = await failureOf(newListener(plane.client, service.id, { port: 9999, ...input() }));

    expect(failure).toMatchObject({ name: "ValidationException", fieldList: [{ name: field }] });
  });

  it.each([
    { why: "a fixed response", action: () => notFoundAction, field: "defaultAction" },
    {
      why: "an HTTP group",
      action: () => forwardTo(httpGroup.id),
      field: "defaultAction.forward.targetGroups[0].targetGroupIdentifier",
    },
    {
      why: "a Lambda group",
      action: () => forwardTo(lambdaGroup.id),
      field: "defaultAction.forward.targetGroups[0].targetGroupIdentifier",
    },
  ])("refuses $why behind TLS_PASSTHROUGH", async ({ action, field }) => {
    const input = { protocol: "TLS_PASSTHROUGH", port: 8443, defaultAction: action() } as const;

    const failure = await failureOf(newListener(plane.client, domainService.id, input));

    expect(failure).toMatchObject({ name: "ValidationException", fieldList: [{ name: field }] });
  });

  it("refuses a target group that is not there, or another account's", async () => {
    const foreign = await newTargetGroup(plane.clientOf({ account: otherAccount }));

    const failures = await Promise.all(
      ["tg-00000000000000000", foreign.id, foreign.arn].map((id) =>
        failureOf(newListener(plane.client, service.id, { defaultAction: forwardTo(id) })),
      ),
    );

    expect(failures.map(({ name }) => name)).toEqual([
      "ResourceNotFoundException",
      "ResourceNotFoundException",
      "AccessDeniedException",
    ]);
  });

  it("refuses a taken port and a taken name of the service", async () => {
    const own = await newService(plane.client);
    const { id } = await newListener(plane.client, own.id, { name: "web", port: 8080 });

    const port = await failureOf(newListener(plane.client, own.id, { name: "other", protocol: "HTTPS", port: 8080 }));
    const name = await failureOf(newListener(plane.client, own.id, { name: "web", port: 8081 }));

    for (const failure of [port, name]) {
      expect(failure).toMatchObject({ name: "ConflictException", resourceType: "LISTENER", resourceId: id });
      expect(failure.message).toContain("already exist");
    }
    await newListener(plane.client, service.id, { name: "web", port: 8080 });
  });

  it("of a missing service is 404", async () => {
    expect(await failureOf(newListener(plane.client, "svc-00000000000000000"))).toMatchObject({
      name: "ResourceNotFoundException",
      resourceType: "SERVICE",
    });
  });
});
