// What Pergola is asked to do in the benchmark: a service with rules, two policies and a log subscription.
import type { NetworkSnapshot, RuleSnapshot, ServiceSnapshot } from "@pergola/core";

export const region = "us-west-2";
export const account = "123456789012";
export const serviceId = "svc-0a1b2c3d4e5f60718";
export const networkId = "sn-0123456789abcdef0";
export const groupId = "tg-0fedcba9876543210";
export const host = `web-0a1b2c3d4e5f60718.7d67968.vpc-lattice-svcs.${region}.localhost`;
export const path = "/api/v1/orders/4711?expand=items";
export const accessKeyId = "AKIABENCH00000000001";
export const secretAccessKey = "bench-secret-key-that-protects-nothing";
export const userArn = `arn:aws:iam::${account}:user/bench`;

const arn = (kind: string, id: string): string => `arn:aws:vpc-lattice:${region}:${account}:${kind}/${id}`;
const invoke = "vpc-lattice-svcs:Invoke";
const subscription = {
  id: "als-0123456789abcdef0",
  destinationKind: "cloudwatch",
  destinationArn: `arn:aws:logs:${region}:${account}:log-group:bench`,
  resourceId: serviceId,
  account,
  region,
} as const;

const networkPolicy = {
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: "*", Action: invoke, Resource: "*" },
    {
      Effect: "Deny",
      Principal: "*",
      Action: invoke,
      Resource: "*",
      Condition: { StringNotEquals: { "vpc-lattice-svcs:SourceVpc": ["vpc-0aaa1111bbb2222cc", "vpc-0ddd"] } },
    },
  ],
};
const servicePolicy = {
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Principal: "*",
      Action: invoke,
      Resource: `${arn("service", serviceId)}/api/*`,
      Condition: { StringEquals: { "vpc-lattice-svcs:RequestMethod": ["GET", "POST"] } },
    },
    { Effect: "Deny", Principal: "*", Action: invoke, Resource: `${arn("service", serviceId)}/api/*/admin/*` },
  ],
};

const rules = Array.from({ length: 10 }, (_, i): RuleSnapshot => {
  const pathMatch = { match: { prefix: i === 9 ? "/api/v1/" : `/other-${i}/` } };
  const headerMatches = i % 2 === 0 ? [{ name: "x-env", match: { exact: "beta" } }] : [];
  const action = { kind: "forward", targetGroups: [{ id: groupId, weight: 1 }] } as const;
  return { id: `rule-${i}`, priority: i + 1, match: { httpMatch: { pathMatch, headerMatches } }, action };
});

export const network: NetworkSnapshot = {
  networkId,
  arn: arn("servicenetwork", networkId),
  account,
  authType: "AWS_IAM",
  authPolicy: JSON.stringify(networkPolicy),
  vpcs: [{ vpcId: "vpc-0aaa1111bbb2222cc", account, associationId: "snva-1" }],
  logSubscriptions: [],
};

export const service: ServiceSnapshot = {
  serviceId,
  arn: arn("service", serviceId),
  account,
  region,
  name: "web",
  domainName: host,
  authType: "AWS_IAM",
  authPolicy: JSON.stringify(servicePolicy),
  idleTimeoutSeconds: 60,
  tags: {},
  networkIds: [networkId],
  listeners: [
    {
      id: "listener-0123456789abcdef0",
      port: 80,
      protocol: "HTTP",
      rules,
      defaultAction: { kind: "fixed-response", statusCode: 404 },
    },
  ],
  targetGroups: {
    [groupId]: { id: groupId, arn: arn("targetgroup", groupId), type: "IP", config: { port: 80, protocol: "HTTP" } },
  },
  logSubscriptions: [subscription],
};
