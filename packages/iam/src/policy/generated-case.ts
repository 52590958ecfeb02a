// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import type { AuthContext } from "../auth-context.ts";
import { anonymous } from "../principal.ts";
import { exampleContext, exampleRole } from "./example-context.ts";

/** Random policies and requests from a small vocabulary, so that they match often. For tests. */
export interface GeneratedCase {
  readonly policy: { readonly Version: string; readonly Statement: readonly GeneratedStatement[] };
  readonly context: AuthContext;
}

export type GeneratedStatement = Readonly<Record<string, unknown>> & {
  readonly Sid: string;
  readonly Effect: "Allow" | "Deny";
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
};

/** A whole number from 0 to `below` - 1. */
export type Random = (below: number) => number;

/** @returns a repeatable generator (mulberry32) */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const service = exampleContext().serviceArn;
const principals = [
  "*",
  { AWS: "*" },
  { AWS: "111122223333" },
  { AWS: "arn:aws:iam::111122223333:root" },
  { AWS: ["arn:aws:iam::111122223333:role/app", "arn:aws:iam::111122223333:user/ann"] },
  { AWS: "arn:aws:sts::111122223333:assumed-role/app/session-1" },
  { AWS: "arn:aws:iam::999900001111:user/bob" },
];
const actions = [
  "*",
  "vpc-lattice-svcs:*",
  "vpc-lattice-svcs:Invoke",
  "VPC-lattice-svcs:inv?ke",
  "vpc-lattice-svcs:Connect",
];
const resources = [
  "*",
  "*/7",
  `${service}/*`,
  `${service}/orders/*`,
  `${service}/orders/?`,
  `${service}/*/\${aws:PrincipalTag/Cost}`,
  `${service}/\${aws:PrincipalTag/none, 'orders'}/*`,
  "arn:aws:vpc-lattice:*:*:service/svc-*/orders/7",
  "arn:*:vpc-lattice:us-east-1:111122223333:service/*",
  `${service}/other`,
];

/** Keys with the values that policies and requests hold of them. */
const keys: Readonly<Record<string, readonly string[]>> = {
  "vpc-lattice-svcs:Port": ["443", "80", "8443"],
  "vpc-lattice-svcs:RequestMethod": ["GET", "get", "POST", "G*", "?ET"],
  "vpc-lattice-svcs:RequestPath": ["/orders/7", "/orders/*", "*7", "/${aws:PrincipalTag/team}/?", "/orders/${*}"],
  "vpc-lattice-svcs:RequestHeader/x-value": [
    "a",
    "A",
    "a*",
    "1",
    "2.5",
    "true",
    "10.1.2.3",
    "aGk=",
    "2026-01-01T00:00:00Z",
  ],
  "vpc-lattice-svcs:RequestQueryString/q": ["a", "b", "a*", "3", "${aws:PrincipalAccount}"],
  "vpc-lattice-svcs:ServiceArn": [service, "arn:aws:vpc-lattice:*:*:service/*", "arn:aws:vpc-lattice:us-west-2:*:*"],
  "vpc-lattice-svcs:SourceVpc": ["vpc-0a1b2c3d", "vpc-*", "vpc-ffffffff"],
  "aws:PrincipalArn": [
    "arn:aws:iam::111122223333:role/app",
    "arn:aws:iam::*:role/*",
    "arn:aws:iam::111122223333:user/ann",
  ],
  "aws:PrincipalAccount": ["111122223333", "999900001111", "1111*"],
  "aws:PrincipalOrgID": ["o-a1b2c3d4e5", "o-*", "o-zzzz"],
  "aws:PrincipalOrgPaths": ["o-a1b2c3d4e5/r-ab12/*", "o-a1b2c3d4e5/r-ab12/", "o-zzzz/*"],
  "aws:PrincipalTag/team": ["blue", "BLUE", "b*", "${aws:PrincipalTag/team}", "red"],
  "aws:PrincipalTag/none": ["x", "${aws:PrincipalTag/none}", "*"],
  "aws:PrincipalType": ["AssumedRole", "User", "anonymous", "Anonymous"],
  "aws:username": ["ann", "${aws:username}", "a?n"],
  "aws:SourceIp": ["10.1.2.3", "10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32", "2001:db8::1"],
  "aws:CurrentTime": ["2026-11-23T10:00:00Z", "2026-11-23T09:00:00Z", "2030-01-01"],
  "aws:SecureTransport": ["true", "false", "TRUE"],
};
/** Texts that are good values of the types. */
const numbers = ["443", "80", "1", "2.5", "3", "-7", "111122223333"];
const dates = ["2026-11-23T10:00:00Z", "2026-11-23T11:00:00+01:00", "2026-11-23", "2027-01-01T00:00:00.5Z", "2020-01"];
const addresses = ["10.1.2.3", "10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32", "2001:db8::1", "::/0", "192.0.2.128/25"];
const arns = [
  "arn:aws:iam::*:role/*",
  service,
  "arn:aws:vpc-lattice:*:*:*",
  "arn:aws:iam::111122223333:role/ap?",
  "${aws:PrincipalArn}",
];

const families: readonly (readonly [names: readonly string[], values: readonly string[] | undefined])[] = [
  [["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"], undefined],
  [["StringLike", "StringNotLike"], undefined],
  [
    ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"].map((n) => `Numeric${n}`),
    numbers,
  ],
  [
    ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"].map((n) => `Date${n}`),
    dates,
  ],
  [["Bool"], ["true", "false", "TRUE"]],
  [["BinaryEquals"], ["aGk=", "aGV5"]],
  [["IpAddress", "NotIpAddress"], addresses],
  [["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"], arns],
  [["Null"], ["true", "false"]],
];

/** Keys that operators of a type are mostly used with; every fourth condition takes any key. */
const typical: Readonly<Record<string, readonly string[]>> = {
  Numeric: ["vpc-lattice-svcs:Port", "vpc-lattice-svcs:RequestHeader/x-value", "vpc-lattice-svcs:RequestQueryString/q"],
  Date: ["aws:CurrentTime", "vpc-lattice-svcs:RequestHeader/x-value"],
  Bool: ["aws:SecureTransport", "vpc-lattice-svcs:RequestHeader/x-value"],
  Binary: ["vpc-lattice-svcs:RequestHeader/x-value"],
  IpAddr: ["aws:SourceIp", "vpc-lattice-svcs:RequestHeader/x-value"],
  NotIp: ["aws:SourceIp"],
  Arn: ["aws:PrincipalArn", "vpc-lattice-svcs:ServiceArn"],
};

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random(list.length)] as T;
}

function some<T>(random: Random, list: readonly T[], most: number): T[] {
  return Array.from({ length: 1 + random(most) }, () => pick(random, list));
}

function condition(random: Random): readonly [operator: string, key: string, values: string[]] {
  const [names, values] = pick(random, families);
  const name = pick(random, names);
  const usual = Object.entries(typical).find(([start]) => name.startsWith(start))?.[1];
  const key = usual !== undefined && random(4) > 0 ? pick(random, usual) : pick(random, Object.keys(keys));
  const set = name === "Null" ? "" : pick(random, ["", "", "", "ForAllValues:", "ForAnyValue:"]);
  const ifExists = name === "Null" || random(4) > 0 ? "" : "IfExists";
  return [`${set}${name}${ifExists}`, key, some(random, values ?? (keys[key] as readonly string[]), 3)];
}

function statement(random: Random, i: number): GeneratedStatement {
  const conditions: Record<string, Record<string, string[]>> = {};
  for (let n = random(3); n > 0; n -= 1) {
    const [operator, key, values] = condition(random);
    conditions[operator] = { ...conditions[operator], [key]: values };
  }
  const not = (name: string): string => (random(8) === 0 ? `Not${name}` : name);
  return {
    Sid: `s${i}`,
    Effect: random(3) === 0 ? "Deny" : "Allow",
    [not("Principal")]: pick(random, principals),
    [not("Action")]: some(random, actions, 2),
    [not("Resource")]: some(random, resources, 2),
    ...(Object.keys(conditions).length === 0 ? {} : { Condition: conditions }),
  };
}

const user = {
  kind: "aws",
  arn: "arn:aws:iam::111122223333:user/ann",
  account: "111122223333",
  type: "User",
  username: "ann",
  userId: "AIDAEXAMPLE",
  tags: { team: "red" },
} as const;

function request(random: Random): AuthContext {
  const header = pick(random, [
    undefined,
    ...(keys["vpc-lattice-svcs:RequestHeader/x-value"] as string[]),
    "2026-11-23",
  ]);
  return exampleContext({
    principal: pick(random, [exampleRole, exampleRole, user, anonymous]),
    path: pick(random, ["/orders/7", "/orders/7", "/orders/12", "/other", "/x/orders/7", "/7"]),
    method: pick(random, ["GET", "POST"]),
    port: pick(random, [443, 80]),
    query: pick(random, ["", "q=a", "q=a&q=b", "q=3", "r=a", "q=%61&q="]),
    rawHeaders: ["Host", "example.com", ...(header === undefined ? [] : ["X-Value", header])],
    sourceIp: pick(random, ["10.1.2.3", "192.0.2.200", "2001:db8::1"]),
    sourceVpc: pick(random, ["vpc-0a1b2c3d", "vpc-ffffffff"]),
    secure: random(2) === 0,
  });
}

/** @returns a valid policy of one to three statements and a request */
export function generateCase(random: Random): GeneratedCase {
  const Statement = Array.from({ length: 1 + random(3) }, (_, i) => statement(random, i));
  const old = random(3) === 0 && !JSON.stringify(Statement).includes("${");
  return { policy: { Version: old ? "2008-10-17" : "2012-10-17", Statement }, context: request(random) };
}

/** The keys with a value in these policies, for engines that take a request as a list of keys. */
export const generatedKeys: readonly string[] = Object.keys(keys).concat("aws:PrincipalTag/Cost");
