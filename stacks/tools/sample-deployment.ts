import type {
  AuthPolicySnapshot,
  LogSubscriptionSnapshot,
  NetworkSnapshot,
  RuleSnapshot,
  ServiceSnapshot,
} from "@pergola/core";
import { readAuthPolicy } from "@pergola/iam";

export const region = "us-west-2";
const account = "123456789012";
export const serviceId = "svc-0a1b2c3d4e5f60718";
export const networkId = "sn-0123456789abcdef0";
const host = `web-0a1b2c3d4e5f60718.7d67968.vpc-lattice-svcs.${region}.on.aws`;
const role = `arn:aws:iam::${account}:role/shop`;
const policy = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: { AWS: role }, Action: "vpc-lattice-svcs:Invoke", Resource: "*" },
    {
      Effect: "Deny",
      Principal: "*",
      Action: "*",
      Resource: "*",
      Condition: { StringNotEquals: { "vpc-lattice-svcs:RequestMethod": ["GET", "HEAD"] } },
    },
  ],
});
const statements = read(policy);
const subscription: LogSubscriptionSnapshot = {
  id: "als-0123456789abcdef0",
  destinationKind: "s3",
  destinationArn: "arn:aws:s3:::logs",
  resourceId: serviceId,
  account,
  region,
};

/** As the control plane does. */
function read(text: string): AuthPolicySnapshot {
  const statements = readAuthPolicy(text);
  if (statements === undefined) throw new Error("the policy has an error");
  return statements;
}

/**
 * A service with two policies, whose rules all answer by themselves: what is measured is the router, not a target.
 * @param rules how many rules its listener has
 */
export function serviceWith(rules: number, logSubscriptions: readonly LogSubscriptionSnapshot[] = []): ServiceSnapshot {
  const fixed = { kind: "fixed-response", statusCode: 404 } as const;
  const rule = (_: unknown, index: number): RuleSnapshot => ({
    id: `rule-${index}`,
    priority: index + 1,
    match: { httpMatch: { pathMatch: { match: { prefix: `/part-${index}/` }, caseSensitive: true } } },
    action: fixed,
  });
  const ruled = Array.from({ length: rules }, rule);
  return {
    serviceId,
    arn: `arn:aws:vpc-lattice:${region}:${account}:service/${serviceId}`,
    account,
    region,
    name: "web",
    domainName: host,
    authType: "AWS_IAM",
    authPolicy: policy,
    authStatements: statements,
    idleTimeoutSeconds: 60,
    tags: {},
    networkIds: [networkId],
    listeners: [{ id: "listener-0123456789abcdef0", port: 443, protocol: "HTTPS", rules: ruled, defaultAction: fixed }],
    targetGroups: {},
    logSubscriptions,
  };
}

export const loggedService = serviceWith(100, [subscription]);

export const network: NetworkSnapshot = {
  networkId,
  arn: `arn:aws:vpc-lattice:${region}:${account}:servicenetwork/${networkId}`,
  account,
  authType: "AWS_IAM",
  authPolicy: policy,
  authStatements: statements,
  vpcs: [{ vpcId: "vpc-0aaa1111bbb2222cc", account, associationId: "snva-0123456789abcdef0" }],
  logSubscriptions: [],
};

/** A GET by a verified session of the role, as a function URL sends it. */
export const event = {
  version: "2.0",
  rawPath: "/part-99/item",
  rawQueryString: "id=7",
  headers: {
    host: "abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-west-2.on.aws",
    "x-forwarded-host": host,
    "x-forwarded-proto": "https",
    "x-forwarded-port": "443",
    "x-forwarded-for": "203.0.113.7",
    "x-amzn-tls-version": "TLSv1.3",
    "x-amzn-tls-cipher-suite": "TLS_AES_128_GCM_SHA256",
    "x-amzn-trace-id": "Root=1-6920f3c5-0123456789abcdef01234567",
    accept: "*/*",
    "accept-encoding": "gzip, deflate, br",
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
  },
  requestContext: {
    http: { method: "GET", path: "/part-99/item", protocol: "HTTP/1.1", sourceIp: "203.0.113.7", userAgent: "curl" },
    authorizer: {
      iam: {
        accountId: account,
        userArn: `arn:aws:sts::${account}:assumed-role/shop/one`,
        userId: "AROAEXAMPLE:one",
        callerId: "AROAEXAMPLE:one",
        principalOrgId: null,
      },
    },
  },
  isBase64Encoded: false,
};

/** A GET by nobody known, as a load balancer sends it. */
export const albEvent = {
  requestContext: {
    elb: { targetGroupArn: `arn:aws:elasticloadbalancing:${region}:${account}:targetgroup/pergola/0123456789abcdef` },
  },
  httpMethod: "GET",
  path: "/part-99/item",
  multiValueQueryStringParameters: { id: ["7"] },
  multiValueHeaders: {
    host: [host],
    "x-forwarded-for": ["203.0.113.7"],
    "x-forwarded-port": ["443"],
    "x-forwarded-proto": ["https"],
    "x-forwarded-host": [host],
    accept: ["*/*"],
    "user-agent": ["curl/8.14.1"],
  },
  body: "",
  isBase64Encoded: false,
};
