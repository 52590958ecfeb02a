// What Pergola is asked to do: a hundred services with twenty rules each, two policies of five statements, a log subscription.
import type { AuthType, NetworkSnapshot, RuleSnapshot, ServiceSnapshot } from "@pergola/core";

export const region = "us-west-2";
export const account = "123456789012";
export const networkId = "sn-0123456789abcdef0";
export const groupId = "tg-0fedcba9876543210";
export const path = "/api/v1/orders/4711?expand=items";
export const userArn = `arn:aws:iam::${account}:user/bench`;

const arn = (kind: string, id: string): string => `arn:aws:vpc-lattice:${region}:${account}:${kind}/${id}`;
const action = "vpc-lattice-svcs:Invoke";

function subscription(resourceId: string) {
  return {
    id: "als-0123456789abcdef0",
    destinationKind: "cloudwatch",
    destinationArn: `arn:aws:logs:${region}:${account}:log-group:bench`,
    resourceId,
    account,
    region,
  } as const;
}

const networkPolicy = {
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: "*", Action: action, Resource: "*" },
    ...["vpc-0ddd", "vpc-0eee"].map((vpc) => ({
      Effect: "Deny",
      Principal: "*",
      Action: action,
      Resource: "*",
      Condition: { StringEquals: { "vpc-lattice-svcs:SourceVpc": vpc } },
    })),
    {
      Effect: "Deny",
      Principal: "*",
      Action: action,
      Resource: "*",
      Condition: { StringNotEquals: { "aws:PrincipalOrgID": ["o-bench00001", "o-bench00002"] } },
    },
    {
      Effect: "Deny",
      Principal: { AWS: `arn:aws:iam::${account}:user/leaver` },
      Action: action,
      Resource: "*",
    },
  ],
};

function servicePolicy(serviceId: string): unknown {
  const at = (rest: string): string => `${arn("service", serviceId)}${rest}`;
  const condition = (operator: string, key: string, value: unknown) => ({
    Condition: { [operator]: { [`vpc-lattice-svcs:${key}`]: value } },
  });
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: "*",
        Action: action,
        Resource: at("/api/*"),
        ...condition("StringEquals", "RequestMethod", ["GET", "POST"]),
      },
      {
        Effect: "Allow",
        Principal: { AWS: userArn },
        Action: action,
        Resource: at("/items/*"),
        ...condition("StringLike", "RequestHeader/x-tenant", "ten*"),
      },
      { Effect: "Allow", Principal: { AWS: userArn }, Action: action, Resource: at("/reports/*") },
      { Effect: "Deny", Principal: "*", Action: action, Resource: at("/api/*/admin/*") },
      {
        Effect: "Deny",
        Principal: "*",
        Action: action,
        Resource: "*",
        ...condition("StringEquals", "RequestHeader/x-env", "forbidden"),
      },
    ],
  };
}

/**
 * @param count rules, the last of which is the one that the request matches
 * @param environment what every fourth asks of a header
 */
function rulesOf(count: number, environment: string): RuleSnapshot[] {
  return Array.from({ length: count }, (_, i): RuleSnapshot => {
    const isLast = i === count - 1;
    const isExact = !isLast && i % 4 === 1;
    const match = isExact ? { exact: `/exact-${i}` } : { prefix: isLast ? "/api/v1/" : `/other-${i}/` };
    const headerMatches = !isLast && i % 4 === 2 ? [{ name: "x-env", match: { exact: environment } }] : [];
    return {
      id: `rule-${i}`,
      priority: i + 1,
      match: { httpMatch: { pathMatch: { match }, headerMatches } },
      action: { kind: "forward", targetGroups: [{ id: groupId, weight: 1 }] },
    };
  });
}

export interface SceneOptions {
  readonly authType: AuthType;
  /** Rules of the first service, which the request is for. */
  readonly rules: number;
  /** What some rules ask of a header, none of them the one that the request matches; default `beta`. */
  readonly environment?: string;
  /** Of the targets. */
  readonly protocolVersion?: "HTTP1" | "GRPC";
  /** Whether the service has a log subscription; default true. */
  readonly isLogged?: boolean;
}

export function serviceOf(index: number, options: SceneOptions): ServiceSnapshot {
  const { authType, rules, environment = "beta", protocolVersion = "HTTP1", isLogged = true } = options;
  const serviceId = `svc-0a1b2c3d4e5f6${String(index).padStart(4, "0")}`;
  return {
    serviceId,
    arn: arn("service", serviceId),
    account,
    region,
    name: `web-${index}`,
    domainName: `web-${index}-0a1b2c3d4e5f6${String(index).padStart(4, "0")}.7d67968.vpc-lattice-svcs.${region}.localhost`,
    authType,
    ...(authType === "AWS_IAM" && { authPolicy: JSON.stringify(servicePolicy(serviceId)) }),
    idleTimeoutSeconds: 60,
    tags: {},
    networkIds: [networkId],
    listeners: [
      {
        id: "listener-0123456789abcdef0",
        port: 80,
        protocol: "HTTP",
        rules: rulesOf(rules, environment),
        defaultAction: { kind: "fixed-response", statusCode: 404 },
      },
    ],
    targetGroups: {
      [groupId]: {
        id: groupId,
        arn: arn("targetgroup", groupId),
        type: "IP",
        config: { port: 80, protocol: "HTTP", protocolVersion },
      },
    },
    logSubscriptions: isLogged ? [subscription(serviceId)] : [],
  };
}

export function networkOf(authType: AuthType): NetworkSnapshot {
  return {
    networkId,
    arn: arn("servicenetwork", networkId),
    account,
    authType,
    ...(authType === "AWS_IAM" && { authPolicy: JSON.stringify(networkPolicy) }),
    vpcs: [{ vpcId: "vpc-0aaa1111bbb2222cc", account, associationId: "snva-1" }],
    logSubscriptions: [],
  };
}

const rulesOfEach = 20;
/** What the other proxies route by. */
export const services = Array.from({ length: 100 }, (_, i) =>
  serviceOf(i, { authType: "AWS_IAM", rules: rulesOfEach }),
);
/** The service that is called; one in the middle, so that order helps nobody. */
export const called = 50;
export const host = services[called]?.domainName ?? "";
