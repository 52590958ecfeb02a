import { expect } from "vitest";
import type { Step } from "./step.ts";

const group = (name: string, more: object): Step =>
  ({ call: "CreateTargetGroup", with: { name: `${name}-{run}`, ...more }, saves: { [`${name}.id`]: "id" } }) as Step;
const settled = (name: string, shows: object, lacks: readonly string[] = []): Step => ({
  call: "GetTargetGroup",
  with: { targetGroupIdentifier: `{${name}.id}` },
  gives: { status: "ACTIVE", ...shows },
  lacks,
  until: true,
});
const vpc = { vpcIdentifier: "vpc-{run}" };

/** Of each type what the provider computes from the answer: a member too many or too few is a change that never ends. */
const targetGroups: readonly Step[] = [
  group("tcp", { type: "IP", config: { protocol: "TCP", port: 5432, ipAddressType: "IPV6", ...vpc } }),
  settled(
    "tcp",
    { config: { protocol: "TCP", port: 5432, ipAddressType: "IPV6", healthCheck: { enabled: false }, ...vpc } },
    ["config.protocolVersion", "config.healthCheck.path", "config.healthCheck.protocol"],
  ),
  group("instance", { type: "INSTANCE", config: { protocol: "HTTPS", port: 443, protocolVersion: "HTTP2", ...vpc } }),
  settled(
    "instance",
    { config: { protocol: "HTTPS", port: 443, protocolVersion: "HTTP2", healthCheck: { enabled: false }, ...vpc } },
    ["config.ipAddressType"],
  ),
  group("alb", { type: "ALB", config: { protocol: "HTTP", port: 80, protocolVersion: "HTTP1", ...vpc } }),
  settled("alb", { type: "ALB" }, ["config.healthCheck", "config.ipAddressType"]),
  group("lambda", { type: "LAMBDA", config: { lambdaEventStructureVersion: "V2" } }),
  settled("lambda", { config: { lambdaEventStructureVersion: "V2" } }, ["config.protocol", "config.healthCheck"]),
];

/** A target group attachment: waits for any status but INITIAL, and after its deletion for an empty list. */
const attachment: readonly Step[] = [
  {
    call: "RegisterTargets",
    with: { targetGroupIdentifier: "{instance.id}", targets: [{ id: "i-0123456789abcdef0", port: 8443 }] },
    gives: { unsuccessful: [] },
  },
  {
    call: "ListTargets",
    with: { targetGroupIdentifier: "{instance.id}", targets: [{ id: "i-0123456789abcdef0", port: 8443 }] },
    gives: {
      items: [{ id: "i-0123456789abcdef0", port: 8443, status: expect.stringMatching(/^(UNUSED|UNAVAILABLE)$/) }],
    },
    until: true,
  },
  {
    call: "DeregisterTargets",
    with: { targetGroupIdentifier: "{instance.id}", targets: [{ id: "i-0123456789abcdef0", port: 8443 }] },
    gives: { unsuccessful: [] },
  },
  {
    call: "ListTargets",
    with: { targetGroupIdentifier: "{instance.id}", targets: [{ id: "i-0123456789abcdef0", port: 8443 }] },
    gives: { items: [] },
    until: true,
  },
];

const weighted = {
  forward: {
    targetGroups: [
      { targetGroupIdentifier: "{lambda.id}", weight: 20 },
      { targetGroupIdentifier: "{alb.id}", weight: 80 },
    ],
  },
};

/** A service given by its ARN, two target groups in the order of the configuration, and one without a weight. */
const listener: readonly Step[] = [
  { call: "CreateService", with: { name: "tf-{run}" }, saves: { "service.id": "id", "service.arn": "arn" } },
  { call: "GetService", with: { serviceIdentifier: "{service.id}" }, gives: { status: "ACTIVE" }, until: true },
  {
    call: "CreateListener",
    with: { serviceIdentifier: "{service.arn}", name: "web", protocol: "HTTPS", defaultAction: weighted },
    saves: { "listener.id": "id", "listener.arn": "arn" },
  },
  {
    call: "GetListener",
    with: { serviceIdentifier: "{service.id}", listenerIdentifier: "{listener.id}" },
    gives: { serviceId: "{service.id}", serviceArn: "{service.arn}", port: 443, defaultAction: weighted },
  },
  {
    call: "UpdateListener",
    with: {
      serviceIdentifier: "{service.arn}",
      listenerIdentifier: "{listener.arn}",
      defaultAction: { forward: { targetGroups: [{ targetGroupIdentifier: "{lambda.id}" }] } },
    },
    gives: { defaultAction: { forward: { targetGroups: [{ targetGroupIdentifier: "{lambda.id}", weight: 100 }] } } },
  },
  { call: "GetTargetGroup", with: { targetGroupIdentifier: "{alb.id}" }, gives: { serviceArns: [] } },
  {
    call: "GetTargetGroup",
    with: { targetGroupIdentifier: "{lambda.id}" },
    gives: { serviceArns: ["{service.arn}"] },
  },
];

/** What is empty is an empty list, and an ARN is as it was sent. */
const networkParts: readonly Step[] = [
  { call: "CreateServiceNetwork", with: { name: "tf-{run}" }, saves: { "network.id": "id", "network.arn": "arn" } },
  {
    call: "CreateServiceNetworkVpcAssociation",
    with: { serviceNetworkIdentifier: "{network.arn}", vpcIdentifier: "vpc-{run}" },
    gives: { securityGroupIds: [] },
    saves: { "association.id": "id" },
  },
  {
    call: "GetServiceNetworkVpcAssociation",
    with: { serviceNetworkVpcAssociationIdentifier: "{association.id}" },
    gives: { status: "ACTIVE", securityGroupIds: [], serviceNetworkId: "{network.id}" },
    until: true,
  },
  {
    call: "CreateAccessLogSubscription",
    with: {
      resourceIdentifier: "{network.arn}",
      destinationArn: "arn:aws:logs:us-west-2:{account}:log-group:/tf/{run}",
    },
    gives: { destinationArn: "arn:aws:logs:us-west-2:{account}:log-group:/tf/{run}", resourceId: "{network.id}" },
  },
  {
    call: "DeleteServiceNetworkVpcAssociation",
    with: { serviceNetworkVpcAssociationIdentifier: "{association.id}" },
    gives: { status: "DELETE_IN_PROGRESS" },
  },
  { call: "DeleteServiceNetwork", with: { serviceNetworkIdentifier: "{network.id}" } },
];

const removal: readonly Step[] = [
  { call: "DeleteService", with: { serviceIdentifier: "{service.id}" }, gives: { status: "DELETE_IN_PROGRESS" } },
  ...["tcp", "instance", "alb", "lambda"].map(
    (name): Step => ({
      call: "DeleteTargetGroup",
      with: { targetGroupIdentifier: `{${name}.id}` },
      gives: { status: "DELETE_IN_PROGRESS" },
    }),
  ),
];

/** What Terraform's provider relies on beside a resource's lifecycle. Source: terraform-provider-aws, read 2026-11. */
export const terraformSteps: readonly Step[] = [
  ...targetGroups,
  ...attachment,
  ...listener,
  ...networkParts,
  ...removal,
];
