import type { AuthContext } from "@pergola/iam";

/** The policies and requests that every engine gets. */
export const account = "111122223333";
export const serviceArn = `arn:aws:vpc-lattice:us-east-1:${account}:service/svc-0123456789abcdef0`;
const organisation = "o-a1b2c3d4e5";
const role = (name: string): string => `arn:aws:iam::${account}:role/${name}`;

export interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal: "*" | { readonly AWS: string | readonly string[] };
  readonly Action: string;
  readonly Resource: string | readonly string[];
  readonly Condition: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export const fiveStatements: readonly Statement[] = [
  {
    Sid: "read",
    Effect: "Allow",
    Principal: { AWS: [role("orders-api"), role("web-frontend")] },
    Action: "vpc-lattice-svcs:Invoke",
    Resource: `${serviceArn}/api/v1/*`,
    Condition: {
      StringEquals: { "vpc-lattice-svcs:RequestMethod": ["GET", "HEAD"], "aws:PrincipalOrgID": organisation },
    },
  },
  {
    Sid: "tenant",
    Effect: "Allow",
    Principal: { AWS: role("tenant-writer") },
    Action: "vpc-lattice-svcs:Invoke",
    Resource: `${serviceArn}/api/v1/tenants/*/items`,
    Condition: {
      StringEquals: {
        "vpc-lattice-svcs:SourceVpc": "vpc-1a2b3c4d",
        "vpc-lattice-svcs:RequestMethod": ["POST", "PUT"],
      },
      StringLike: { "vpc-lattice-svcs:RequestHeader/x-tenant": "acme-*" },
    },
  },
  {
    Sid: "admin",
    Effect: "Allow",
    Principal: { AWS: role("platform-admin") },
    Action: "vpc-lattice-svcs:Invoke",
    Resource: [`${serviceArn}/admin/*`, `${serviceArn}/metrics`],
    Condition: { StringEquals: { "aws:PrincipalTag/team": "platform" } },
  },
  {
    Sid: "org",
    Effect: "Deny",
    Principal: "*",
    Action: "*",
    Resource: "*",
    Condition: { StringNotEqualsIfExists: { "aws:PrincipalOrgID": organisation } },
  },
  {
    Sid: "vpc",
    Effect: "Deny",
    Principal: "*",
    Action: "vpc-lattice-svcs:Invoke",
    Resource: `${serviceArn}/internal/*`,
    Condition: { StringNotEquals: { "vpc-lattice-svcs:SourceVpc": ["vpc-1a2b3c4d", "vpc-5e6f7a8b"] } },
  },
];

function generated(i: number): Statement {
  if (i % 4 === 3) {
    return {
      Sid: `d${i}`,
      Effect: "Deny",
      Principal: "*",
      Action: "vpc-lattice-svcs:Invoke",
      Resource: `${serviceArn}/blocked/${i}/*`,
      Condition: { StringNotEquals: { "vpc-lattice-svcs:SourceVpc": `vpc-0000000${i}` } },
    };
  }
  return {
    Sid: `a${i}`,
    Effect: "Allow",
    Principal: { AWS: [role(`svc-${i}`), role(`svc-alt-${i}`)] },
    Action: "vpc-lattice-svcs:Invoke",
    Resource: `${serviceArn}/team${i}/v*/res/*`,
    Condition: {
      StringEquals: { "vpc-lattice-svcs:RequestMethod": ["GET", "PUT"], "aws:PrincipalOrgID": organisation },
      StringLike: { "vpc-lattice-svcs:RequestHeader/x-tenant": "acme-*" },
    },
  };
}

export const hundredStatements: readonly Statement[] = [
  ...Array.from({ length: 95 }, (_, i) => generated(i)),
  ...fiveStatements,
];

/** Larger than the quota of 10 KB: every engine gets the same text, and Pergola's bound is a parameter. */
export const maxBytes = 65_536;

export function policyText(statements: readonly Statement[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

interface RequestChanges {
  readonly vpc?: string;
  readonly org?: string;
  readonly tenant?: string;
  readonly team?: string;
}

function request(caller: string, method: string, path: string, changes: RequestChanges = {}): AuthContext {
  const { vpc = "vpc-1a2b3c4d", org = organisation, tenant = "acme-eu", team = "app" } = changes;
  return {
    principal: {
      kind: "aws",
      arn: `arn:aws:sts::${account}:assumed-role/${caller}/session`,
      account,
      type: "AssumedRole",
      roleArn: role(caller),
      orgId: org,
      tags: { team },
    },
    action: "vpc-lattice-svcs:Invoke",
    resource: serviceArn + path,
    serviceArn,
    serviceNetworkArn: `arn:aws:vpc-lattice:us-east-1:${account}:servicenetwork/sn-0123456789abcdef0`,
    serviceAccount: account,
    serviceTags: {},
    sourceVpc: vpc,
    sourceVpcOwnerAccount: account,
    sourceIp: "10.1.2.3",
    port: 443,
    method,
    path,
    query: "",
    rawHeaders: ["Host", "orders.example.com", "User-Agent", "curl/8.5.0", "Accept", "*/*", "X-Tenant", tenant],
    secure: true,
    now: new Date("2026-11-23T10:00:00Z"),
  };
}

export const requests: readonly AuthContext[] = [
  request("orders-api", "GET", "/api/v1/orders/123"),
  request("web-frontend", "DELETE", "/api/v1/orders/123"),
  request("tenant-writer", "POST", "/api/v1/tenants/42/items"),
  request("tenant-writer", "POST", "/api/v1/tenants/42/items", { tenant: "evil" }),
  request("platform-admin", "GET", "/admin/users", { team: "platform" }),
  request("orders-api", "GET", "/api/v1/x", { org: "o-zzzzzzzzzz" }),
  request("platform-admin", "GET", "/internal/x", { vpc: "vpc-ffffffff", team: "platform" }),
  request("svc-50", "GET", "/team50/v2/res/7"),
];
