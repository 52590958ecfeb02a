import { expect } from "vitest";
import { aTime, type Lifecycle } from "./lifecycle.ts";
import type { Step } from "./step.ts";

const notFound = { fixedResponse: { statusCode: 404 } };
const serverError = { fixedResponse: { statusCode: 500 } };

const aService: readonly Step[] = [
  { call: "CreateService", with: { name: "shop-{run}" }, saves: { "service.id": "id", "service.arn": "arn" } },
  { call: "GetService", with: { serviceIdentifier: "{service.id}" }, gives: { status: "ACTIVE" }, until: true },
];
const noService: Step = { call: "DeleteService", with: { serviceIdentifier: "{service.id}" } };

const aGroup: readonly Step[] = [
  {
    call: "CreateTargetGroup",
    with: {
      name: "shop-{run}",
      type: "IP",
      config: { protocol: "HTTP", port: 80, vpcIdentifier: "vpc-{run}" },
    },
    saves: { "group.id": "id" },
  },
  { call: "GetTargetGroup", with: { targetGroupIdentifier: "{group.id}" }, gives: { status: "ACTIVE" }, until: true },
];
const noGroup: Step = { call: "DeleteTargetGroup", with: { targetGroupIdentifier: "{group.id}" } };
const forward = (weight: number) => ({
  forward: { targetGroups: [{ targetGroupIdentifier: "{group.id}", weight }] },
});

const serviceIdentifier = "{service.id}";

/** What a listener's default rule looks like: callers tell it by `isDefault` and must find no priority. */
const defaultRule: readonly Step[] = [
  {
    call: "ListRules",
    with: { serviceIdentifier, listenerIdentifier: "{listener.id}" },
    gives: { items: [{ isDefault: true, arn: expect.stringContaining("{listener.arn}/rule/rule-") }] },
    saves: { "default.id": "items.0.id" },
  },
  {
    call: "GetRule",
    with: { serviceIdentifier, listenerIdentifier: "{listener.id}", ruleIdentifier: "{default.id}" },
    gives: { isDefault: true, action: forward(100) },
    lacks: ["priority"],
  },
  {
    call: "DeleteRule",
    with: { serviceIdentifier, listenerIdentifier: "{listener.id}", ruleIdentifier: "{default.id}" },
    fails: { type: "ValidationException" },
  },
];

const quota: readonly Step[] = [
  {
    call: "CreateListener",
    with: { serviceIdentifier, name: "second", protocol: "HTTPS", defaultAction: notFound },
    gives: { port: 443 },
  },
  {
    call: "CreateListener",
    with: { serviceIdentifier, name: "third", protocol: "HTTP", port: 81, defaultAction: notFound },
    fails: {
      type: "ServiceQuotaExceededException",
      members: { quotaCode: "L-D64E952E", serviceCode: "vpc-lattice", resourceType: "LISTENER" },
    },
  },
];

export const listener: Lifecycle = {
  kind: "a listener",
  name: "listener",
  type: "LISTENER",
  before: [...aService, ...aGroup],
  create: {
    call: "CreateListener",
    with: { serviceIdentifier, name: "web", protocol: "HTTP", defaultAction: notFound },
    gives: { name: "web", port: 80, protocol: "HTTP", serviceId: "{service.id}", defaultAction: notFound },
  },
  id: /^listener-0[0-9a-f]{16}$/,
  unique: true,
  settles: false,
  get: { call: "GetListener", with: { serviceIdentifier, listenerIdentifier: "{listener.id}" } },
  shows: {
    name: "web",
    protocol: "HTTP",
    port: 80,
    serviceArn: "{service.arn}",
    serviceId: "{service.id}",
    defaultAction: notFound,
    lastUpdatedAt: aTime,
  },
  hides: ["tags"],
  list: { call: "ListListeners", with: { serviceIdentifier } },
  listed: { name: "web", protocol: "HTTP", port: 80 },
  updates: [
    {
      step: {
        call: "UpdateListener",
        with: { serviceIdentifier, listenerIdentifier: "{listener.id}", defaultAction: forward(100) },
        gives: { id: "{listener.id}", name: "web", port: 80, defaultAction: forward(100) },
      },
      shows: { name: "web", defaultAction: forward(100) },
    },
  ],
  meanwhile: [...defaultRule, ...quota],
  remove: { call: "DeleteListener", with: { serviceIdentifier, listenerIdentifier: "{listener.id}" } },
  after: [noService, noGroup],
};

const listenerIdentifier = "{listener.id}";
const match = {
  httpMatch: {
    method: "GET",
    pathMatch: { match: { prefix: "/api" }, caseSensitive: true },
    headerMatches: [{ name: "x-stage", match: { exact: "beta" }, caseSensitive: false }],
  },
};
const exact = { httpMatch: { pathMatch: { match: { exact: "/exact" } } } };

/** A second rule, and both swap their priorities in one call. */
const swap: readonly Step[] = [
  {
    call: "CreateRule",
    with: { serviceIdentifier, listenerIdentifier, name: "other", priority: 20, match: exact, action: serverError },
    gives: { name: "other", priority: 20, match: exact, action: serverError },
    lacks: ["isDefault"],
    saves: { "other.id": "id" },
  },
  {
    call: "CreateRule",
    with: { serviceIdentifier, listenerIdentifier, name: "taken", priority: 20, match: exact, action: serverError },
    fails: { type: "ConflictException", members: { resourceType: "RULE" } },
  },
  {
    call: "BatchUpdateRule",
    with: {
      serviceIdentifier,
      listenerIdentifier,
      rules: [
        { ruleIdentifier: "{rule.id}", priority: 20 },
        { ruleIdentifier: "{other.id}", priority: 7 },
        { ruleIdentifier: "rule-00000000000000000", priority: 9 },
      ],
    },
    gives: {
      successful: expect.arrayContaining([
        expect.objectContaining({ id: "{rule.id}", priority: 20, isDefault: false }),
        expect.objectContaining({ id: "{other.id}", priority: 7, match: exact, action: serverError }),
      ]),
      unsuccessful: [{ ruleIdentifier: "rule-00000000000000000", failureCode: "ResourceNotFoundException" }],
    },
  },
  {
    call: "GetRule",
    with: { serviceIdentifier, listenerIdentifier, ruleIdentifier: "{other.id}" },
    gives: { priority: 7, isDefault: false, match: exact, action: serverError },
  },
  {
    call: "DeleteTargetGroup",
    with: { targetGroupIdentifier: "{group.id}" },
    fails: { type: "ConflictException", members: { resourceType: "TARGET_GROUP", resourceId: "{group.id}" } },
  },
];

export const rule: Lifecycle = {
  kind: "a rule",
  name: "rule",
  type: "RULE",
  before: [
    ...aService,
    ...aGroup,
    {
      call: "CreateListener",
      with: { serviceIdentifier, name: "web", protocol: "HTTP", defaultAction: notFound },
      saves: { "listener.id": "id" },
    },
  ],
  create: {
    call: "CreateRule",
    with: { serviceIdentifier, listenerIdentifier, name: "api", priority: 10, match, action: forward(1) },
    gives: { name: "api", priority: 10, match, action: forward(1) },
  },
  id: /^rule-0[0-9a-f]{16}$/,
  unique: true,
  settles: false,
  get: { call: "GetRule", with: { serviceIdentifier, listenerIdentifier, ruleIdentifier: "{rule.id}" } },
  shows: { name: "api", priority: 10, isDefault: false, match, action: forward(1), lastUpdatedAt: aTime },
  hides: ["tags"],
  list: { call: "ListRules", with: { serviceIdentifier, listenerIdentifier } },
  listed: { name: "api", priority: 10, isDefault: false },
  updates: [
    {
      step: {
        call: "UpdateRule",
        with: { serviceIdentifier, listenerIdentifier, ruleIdentifier: "{rule.id}", action: serverError },
        gives: { id: "{rule.id}", priority: 10, isDefault: false, match, action: serverError },
      },
      shows: { name: "api", priority: 10, match, action: serverError },
    },
    {
      step: {
        call: "UpdateRule",
        with: {
          serviceIdentifier,
          listenerIdentifier,
          ruleIdentifier: "{rule.id}",
          match: exact,
          priority: 7,
          action: forward(5),
        },
      },
      shows: { priority: 7, match: exact, action: forward(5) },
    },
  ],
  meanwhile: swap,
  remove: { call: "DeleteRule", with: { serviceIdentifier, listenerIdentifier, ruleIdentifier: "{rule.id}" } },
  after: [noService, noGroup],
};
