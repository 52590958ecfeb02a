import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { parsePrincipalArn } from "@pergola/iam";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTargetDirectory, createVpcDirectory } from "./directories.ts";
import { LocalConfigError, parseLocalConfig, readLocalConfig } from "./local-config.ts";

const secret = "wJalrXUtnFEMI/K7MDENG";
const user = "arn:aws:iam::111122223333:user/dev/alice";
const identity = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: secret, principal: user };
const endpoint = {
  id: "vpce-0123456789abcdef0",
  vpcId: "vpc-0123456789abcdef0",
  serviceNetwork: "sn-0123456789abcdef0",
};
const parse = (value: unknown) => parseLocalConfig(JSON.stringify(value), "pergola.json", "123456789012");

function problemsOf(value: unknown): readonly string[] {
  try {
    parse(value);
  } catch (error) {
    if (error instanceof LocalConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("pergola.json", () => {
  it("names addresses, VPCs and identities", () => {
    const alb = "arn:aws:elasticloadbalancing:us-west-2:123456789012:loadbalancer/app/web/0123456789abcdef";
    const config = parse({
      instances: { "i-0123456789abcdef0": "127.0.0.1" },
      loadBalancers: { [alb]: "lb.internal" },
      vpcs: [{ id: "vpc-0aaa1111bbb2222cc", cidrs: ["127.0.1.0/24"] }],
      identities: [
        { ...identity, orgId: "o-a1b2c3d4e5", tags: { team: "blue" }, identityPolicies: [{ Statement: [] }, "{}"] },
      ],
    });

    const targets = createTargetDirectory(config);
    expect(targets.addressOf({ type: "INSTANCE", id: "i-0123456789abcdef0" })).toBe("127.0.0.1");
    expect(targets.addressOf({ type: "ALB", id: alb })).toBe("lb.internal");
    expect(targets.addressOf({ type: "ALB", id: "i-0123456789abcdef0" })).toBeUndefined();
    const [credential, ...others] = config.identities;
    expect(others).toEqual([]);
    expect(credential?.accessKeyId).toBe("AKIDEXAMPLE");
    expect(credential?.secret.reveal()).toBe(secret);
    expect(credential?.principal).toMatchObject({
      type: "User",
      username: "alice",
      account: "111122223333",
      tags: { team: "blue" },
    });
    expect(credential?.identityPolicies).toEqual(['{"Statement":[]}', "{}"]);
  });

  it("names databases and certificates, the latter relative to itself", () => {
    const [db, cluster] = ["db:orders", "cluster:orders"].map((name) => `arn:aws:rds:us-west-2:123456789012:${name}`);
    const config = parseLocalConfig(
      JSON.stringify({
        databases: { [db as string]: "db.internal:5432", [cluster as string]: "[::1]:3306" },
        certificates: [
          { certificate: "tls/a.pem", key: "/etc/a-key.pem" },
          { certificate: "b.pem", key: "../b-key.pem" },
        ],
      }),
      "/work/conf/pergola.json",
      "123456789012",
    );

    expect(Object.fromEntries(config.databases)).toEqual({
      [db as string]: { host: "db.internal", port: 5432 },
      [cluster as string]: { host: "::1", port: 3306 },
    });
    expect(config.certificates).toEqual([
      { certificate: "/work/conf/tls/a.pem", key: "/etc/a-key.pem" },
      { certificate: "/work/conf/b.pem", key: "/work/b-key.pem" },
    ]);
  });

  it.each([
    [{ instance: {} }, "instance: is not known"],
    [{ databases: { "arn:aws:rds:x": "a:1" } }, "must be the ARN of an RDS database"],
    [{ databases: { "arn:aws:rds:us-west-2:123456789012:db:a": "a" } }, "and a port"],
    [{ databases: { "arn:aws:rds:us-west-2:123456789012:db:a": "a:0" } }, "and a port"],
    [{ databases: { "arn:aws:rds:us-west-2:123456789012:db:a": "[1.2.3.4]:5" } }, "and a port"],
    [{ certificates: [{ certificate: "a.pem" }] }, "certificates[0].key: must be the path of a file"],
    [{ certificates: [{ certificate: "a.pem", key: "b.pem", chain: "c" }] }, "certificates[0].chain: is not known"],
    [{ certificates: { certificate: "a.pem" } }, "certificates: must be an array"],
    [{ instances: [] }, "instances: must be an object"],
    [{ instances: { web: "127.0.0.1" } }, "instances.web: the name must be an instance id"],
    [
      { instances: { "i-0123456789abcdef0": "http://x" } },
      "instances.i-0123456789abcdef0: must be an IP address or host name",
    ],
    [{ loadBalancers: { "arn:aws:x": "127.0.0.1" } }, 'loadBalancers["arn:aws:x"]: the name must be an ALB ARN'],
    [{ quotas: [] }, "quotas: must be an object"],
    [{ quotas: { listeners: 5 } }, "quotas.listeners: is not the code of a quota; there are L-9CAD07FB"],
    [{ quotas: { "L-D64E952E": -1 } }, "quotas.L-D64E952E: must be a whole number from 0 to 1000000"],
    [{ quotas: { "L-D64E952E": 1.5 } }, "quotas.L-D64E952E: must be a whole number"],
    [{ quotas: { "L-D64E952E": "50" } }, "quotas.L-D64E952E: must be a whole number"],
    [{ quotas: { "L-9BC96FEF": 81 } }, "quotas.L-9BC96FEF: must be a whole number from 0 to 80"],
    [{ vpcEndpoints: [{ ...endpoint, id: "vpce-1" }] }, "vpcEndpoints[0].id: must be `vpce-`"],
    [{ vpcEndpoints: [{ ...endpoint, vpcId: "10.0.0.0/8" }] }, "vpcEndpoints[0].vpcId: must be a VPC id"],
    [{ vpcEndpoints: [{ ...endpoint, account: "1" }] }, "vpcEndpoints[0].account: must be twelve digits"],
    [{ vpcEndpoints: [{ ...endpoint, serviceNetwork: undefined }] }, "vpcEndpoints[0]: name one of them"],
    [{ vpcEndpoints: [{ ...endpoint, resourceConfiguration: "rcfg-0" }] }, "vpcEndpoints[0]: name one of them"],
    [
      { vpcEndpoints: [{ ...endpoint, serviceNetwork: "svc-0123456789abcdef0" }] },
      "vpcEndpoints[0].serviceNetwork: must",
    ],
    [{ vpcEndpoints: [endpoint, endpoint] }, "vpcEndpoints[1].id: is given twice"],
    [{ vpcs: {} }, "vpcs: must be an array"],
    [{ vpcs: [{ id: "vpc-1", cidrs: ["10.0.0.0/8"] }] }, "vpcs[0].id: must be a VPC id"],
    [{ vpcs: [{ id: "vpc-0a1b2c3d", cidrs: [] }] }, "vpcs[0].cidrs: must name at least one CIDR"],
    [{ vpcs: [{ id: "vpc-0a1b2c3d", cidrs: ["10.0.0.0/33"] }] }, "vpcs[0].cidrs[0]: must be a CIDR"],
    [{ vpcs: [{ id: "vpc-0a1b2c3d", cidrs: ["::/129"] }] }, "vpcs[0].cidrs[0]: must be a CIDR"],
    [{ vpcs: [{ id: "vpc-0a1b2c3d", cidrs: [7] }] }, "vpcs[0].cidrs[0]: must be a CIDR"],
    [{ vpcs: [{ id: "vpc-0a1b2c3d", account: "1", cidrs: ["::/0"] }] }, "vpcs[0].account: must be twelve digits"],
    [
      { identities: [{ ...identity, principal: "arn:aws:iam::111122223333:role/r" }] },
      "identities[0].principal: must be the ARN of",
    ],
    [{ identities: [{ ...identity, secret: "x" }] }, "identities[0].secret: is not known"],
    [{ identities: [{ ...identity, accessKeyId: "a b" }] }, "identities[0].accessKeyId: must be"],
    [{ identities: [{ ...identity, secretAccessKey: 7 }] }, "identities[0].secretAccessKey: must be"],
    [{ identities: [{ ...identity, tags: { a: 1 } }] }, "identities[0].tags.a: must be a string"],
    [
      { identities: [{ ...identity, identityPolicies: ["{"] }] },
      "identities[0].identityPolicies[0]: is a string that is not JSON",
    ],
    [{ identities: [{ ...identity, identityPolicies: [7] }] }, "identities[0].identityPolicies[0]: must be a policy"],
    [{ identities: [{ ...identity, expiresAt: "tomorrow" }] }, "identities[0].expiresAt: must be a UTC time"],
    [{ identities: [identity, identity] }, "identities[1].accessKeyId: is given twice"],
    [[], "pergola.json: must be an object"],
  ])("is refused with the path of the fault: %j", (value, problem) => {
    expect(problemsOf(value).join("\n")).toContain(problem);
  });

  it("tells all faults at once", () => {
    expect(problemsOf({ a: 1, vpcs: [{ id: "x" }], identities: [7] })).toHaveLength(4);
  });

  it("never shows a secret in an error or when it is printed", () => {
    const bad = problemsOf({ identities: [{ ...identity, secretAccessKey: `${secret} ${secret}` }] });
    expect(bad.join()).not.toContain(secret);
    expect(inspect(parse({ identities: [identity] }), { depth: 9 })).not.toContain(secret);
    const broken = `{"identities":[{"secretAccessKey":"${secret}" oops}]}`;
    expect(() => parseLocalConfig(broken, "pergola.json", "1")).toThrow(/is not JSON: look at position/);
    expect(() => parseLocalConfig(broken, "pergola.json", "1")).not.toThrow(secret);
  });
});

describe("the file pergola.json", () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "pergola-config-"));
  });
  afterEach(() => rm(dir, { recursive: true }));

  it("may be missing unless it was named", async () => {
    const file = join(dir, "pergola.json");
    const warn = () => expect.unreachable();

    expect((await readLocalConfig(file, false, "123456789012", warn)).identities).toEqual([]);
    await expect(readLocalConfig(file, true, "123456789012", warn)).rejects.toThrow("there is no such file");
    await expect(readLocalConfig(dir, false, "123456789012", warn)).rejects.toThrow("EISDIR");
  });

  it("is warned of when others can read its secrets", async () => {
    const file = join(dir, "pergola.json");
    await writeFile(file, JSON.stringify({ identities: [identity] }));
    const warnings: string[] = [];

    await chmod(file, 0o600);
    await readLocalConfig(file, true, "123456789012", (text) => warnings.push(text));
    expect(warnings).toEqual([]);
    await chmod(file, 0o644);
    await readLocalConfig(file, true, "123456789012", (text) => warnings.push(text));
    expect(warnings).toEqual([expect.stringContaining("chmod 600")]);
  });
});

describe("a VPC directory", () => {
  const { vpcs } = parse({
    vpcs: [
      { id: "vpc-0000000a", cidrs: ["127.0.0.0/8", "fd00::/16"] },
      { id: "vpc-0000000b", account: "999900001111", cidrs: ["127.0.2.0/24", "fd00:2::/32"] },
    ],
  });
  const directory = createVpcDirectory(vpcs);

  it.each([
    ["127.0.0.1", "vpc-0000000a"],
    ["127.0.2.9", "vpc-0000000b"],
    ["::ffff:127.0.2.9", "vpc-0000000b"],
    ["::FFFF:127.0.1.9", "vpc-0000000a"],
    ["fd00:1::1", "vpc-0000000a"],
    ["fd00:2::1", "vpc-0000000b"],
    ["10.0.0.1", undefined],
    ["fe80::1", undefined],
    ["", undefined],
    ["127.0.0.1.example.com", undefined],
  ])("puts %s in %s", (address, vpcId) => {
    const found = directory.vpcOf(address);
    expect(found === "any" ? found : found?.vpcId).toBe(vpcId);
  });

  it("knows a VPC's owner, which is the default account unless it is named", () => {
    expect(directory.vpcOf("127.0.0.1")).toEqual({ vpcId: "vpc-0000000a", account: "123456789012" });
    expect(directory.vpcOf("127.0.2.1")).toEqual({ vpcId: "vpc-0000000b", account: "999900001111" });
  });

  it("puts every client in any VPC when none are configured, and in none when the list is empty", () => {
    expect(createVpcDirectory(parse({}).vpcs).vpcOf("203.0.113.9")).toBe("any");
    expect(createVpcDirectory(parse({ vpcs: [] }).vpcs).vpcOf("127.0.0.1")).toBeUndefined();
  });
});

describe("a principal's ARN", () => {
  it.each([
    ["arn:aws:iam::111122223333:root", { type: "Account" }],
    ["arn:aws:iam::111122223333:user/bob", { type: "User", username: "bob" }],
    ["arn:aws:iam::111122223333:user/a/b/bob", { type: "User", username: "bob" }],
    [
      "arn:aws-cn:sts::111122223333:assumed-role/web/i-0abc",
      { type: "AssumedRole", roleArn: "arn:aws-cn:iam::111122223333:role/web", sessionName: "i-0abc" },
    ],
    ["arn:aws:sts::111122223333:federated-user/bob", { type: "FederatedUser" }],
  ])("%s is understood", (arn, expected) => {
    expect(parsePrincipalArn(arn)).toEqual({ kind: "aws", arn, account: "111122223333", ...expected });
  });

  it.each([
    "arn:aws:iam::111122223333:role/web",
    "arn:aws:sts::111122223333:assumed-role/web",
    "arn:aws:sts::111122223333:assumed-role/web/a/b",
    "arn:aws:sts::111122223333:root",
    "arn:aws:iam::1:root",
    "arn:aws:iam::111122223333:user/",
    "arn:aws:iam::111122223333:user/a//b",
    "arn:aws:iam::111122223333:user/*",
    "*",
  ])("%s is refused", (arn) => {
    expect(parsePrincipalArn(arn)).toBeUndefined();
  });
});
