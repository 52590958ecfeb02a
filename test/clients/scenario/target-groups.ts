import { expect } from "vitest";
import { aTime, type Lifecycle } from "./lifecycle.ts";
import type { Step } from "./step.ts";

const healthCheck = {
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

const targetGroupIdentifier = "{group.id}";
const config = { protocol: "HTTP", port: 8080, vpcIdentifier: "vpc-{run}" } as const;
/** With every default filled in: a client compares it with its own idea of the defaults. */
const shown = { ...config, protocolVersion: "HTTP1", ipAddressType: "IPV4", healthCheck };

const targets: readonly Step[] = [
  { call: "ListTargets", with: { targetGroupIdentifier }, gives: { items: [] }, lacks: ["nextToken"] },
  {
    call: "RegisterTargets",
    with: { targetGroupIdentifier, targets: [{ id: "10.0.0.7", port: 8081 }, { id: "10.0.0.8" }, { id: "8.8.8.8" }] },
    gives: {
      successful: [
        { id: "10.0.0.7", port: 8081 },
        { id: "10.0.0.8", port: 8080 },
      ],
      unsuccessful: [{ id: "8.8.8.8", failureCode: expect.any(String), failureMessage: expect.any(String) }],
    },
  },
  {
    call: "ListTargets",
    with: { targetGroupIdentifier, targets: [{ id: "10.0.0.8", port: 8080 }] },
    gives: { items: [{ id: "10.0.0.8", port: 8080, status: "UNUSED" }] },
  },
  {
    call: "ListTargets",
    with: { targetGroupIdentifier },
    pageSize: 1,
    gives: { items: expect.arrayContaining([expect.objectContaining({ id: "10.0.0.7" })]) },
  },
  {
    call: "DeleteTargetGroup",
    with: { targetGroupIdentifier },
    fails: { type: "ConflictException", members: { resourceType: "TARGET_GROUP" } },
  },
  {
    call: "DeregisterTargets",
    with: { targetGroupIdentifier, targets: [{ id: "10.0.0.7", port: 8081 }, { id: "10.0.0.8" }, { id: "10.0.0.9" }] },
    gives: {
      successful: [{ id: "10.0.0.7" }, { id: "10.0.0.8" }],
      unsuccessful: [{ id: "10.0.0.9", failureCode: "TargetNotFound" }],
    },
  },
  {
    call: "ListTargets",
    with: { targetGroupIdentifier, targets: [{ id: "10.0.0.7", port: 8081 }] },
    gives: { items: [] },
    until: true,
  },
];

const lambdaGroup: readonly Step[] = [
  {
    call: "CreateTargetGroup",
    with: { name: "function-{run}", type: "LAMBDA" },
    saves: { "function.id": "id" },
    lacks: ["config"],
  },
  {
    call: "GetTargetGroup",
    with: { targetGroupIdentifier: "{function.id}" },
    gives: { type: "LAMBDA", status: "ACTIVE" },
    lacks: ["config"],
    until: true,
  },
  {
    call: "RegisterTargets",
    with: {
      targetGroupIdentifier: "{function.id}",
      targets: [{ id: "arn:aws:lambda:us-west-2:{account}:function:hello" }],
    },
    gives: { successful: [{ id: "arn:aws:lambda:us-west-2:{account}:function:hello" }] },
  },
  {
    call: "UpdateTargetGroup",
    with: { targetGroupIdentifier: "{function.id}", healthCheck: { enabled: false } },
    fails: { type: "ValidationException" },
  },
  {
    call: "DeregisterTargets",
    with: {
      targetGroupIdentifier: "{function.id}",
      targets: [{ id: "arn:aws:lambda:us-west-2:{account}:function:hello" }],
    },
    gives: { successful: [{ id: "arn:aws:lambda:us-west-2:{account}:function:hello" }] },
  },
  {
    call: "DeleteTargetGroup",
    with: { targetGroupIdentifier: "{function.id}" },
    gives: { status: "DELETE_IN_PROGRESS" },
    until: true,
  },
];

export const targetGroup: Lifecycle = {
  kind: "a target group",
  name: "group",
  type: "TARGET_GROUP",
  create: {
    call: "CreateTargetGroup",
    with: { name: "group-{run}", type: "IP", config },
    gives: { name: "group-{run}", type: "IP", config: shown },
  },
  id: /^tg-0[0-9a-f]{16}$/,
  unique: true,
  settles: true,
  get: { call: "GetTargetGroup", with: { targetGroupIdentifier } },
  shows: { name: "group-{run}", type: "IP", config: shown, serviceArns: [], lastUpdatedAt: aTime },
  hides: ["config.healthCheck.port", "config.lambdaEventStructureVersion", "failureCode", "failureMessage", "tags"],
  list: { call: "ListTargetGroups", with: { vpcIdentifier: "vpc-{run}", targetGroupType: "IP" } },
  listed: {
    name: "group-{run}",
    type: "IP",
    port: 8080,
    protocol: "HTTP",
    ipAddressType: "IPV4",
    vpcIdentifier: "vpc-{run}",
    serviceArns: [],
  },
  updates: [
    {
      step: {
        call: "UpdateTargetGroup",
        with: {
          targetGroupIdentifier,
          healthCheck: { ...healthCheck, path: "/health?full=1", matcher: { httpCode: "200-299" }, port: 9000 },
        },
        gives: { id: "{group.id}", type: "IP" },
      },
      shows: {
        config: {
          ...config,
          healthCheck: { ...healthCheck, path: "/health?full=1", matcher: { httpCode: "200-299" }, port: 9000 },
        },
      },
    },
  ],
  meanwhile: [...targets, ...lambdaGroup],
  remove: { call: "DeleteTargetGroup", with: { targetGroupIdentifier } },
};
