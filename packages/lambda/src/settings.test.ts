import { describe, expect, it } from "vitest";
import { readLambdaSettings } from "./settings.ts";

const least = { PERGOLA_TABLE: "pergola", AWS_REGION: "eu-west-1", PERGOLA_ACCOUNT_ID: "123456789012" };

describe("the environment of the entries", () => {
  it("has defaults that let nobody in", () => {
    expect(readLambdaSettings(least)).toEqual({
      table: "pergola",
      region: "eu-west-1",
      accountId: "123456789012",
      domain: "on.aws",
      sourceVpc: "none",
      trustForwardedHost: false,
      configurationTtl: 5000,
      adminPrincipals: [],
    });
  });

  it("is read whole", () => {
    const more = {
      PERGOLA_REGION: "us-gov-west-1",
      PERGOLA_SOURCE_VPC: "vpc-0aaa1111bbb2222cc/210987654321",
      PERGOLA_TRUST_FORWARDED_HOST: "1",
      PERGOLA_LISTENER: "HTTP:8080",
      PERGOLA_CONFIGURATION_TTL_MS: "250",
      PERGOLA_RECORD_QUEUE_URL: "https://sqs.eu-west-1.amazonaws.com/1/q",
      PERGOLA_DNS_SERVER: "[fd00::2]:5353",
      PERGOLA_ADMIN_PRINCIPALS: "arn:aws:iam::123456789012:role/admin,arn:aws:iam::123456789012:user/ann",
    };
    expect(readLambdaSettings({ ...least, ...more })).toMatchObject({
      region: "us-gov-west-1",
      sourceVpc: { vpcId: "vpc-0aaa1111bbb2222cc", account: "210987654321" },
      trustForwardedHost: true,
      listener: { protocol: "HTTP", port: 8080 },
      configurationTtl: 250,
      recordQueueUrl: "https://sqs.eu-west-1.amazonaws.com/1/q",
      dnsServer: "[fd00::2]:5353",
      adminPrincipals: ["arn:aws:iam::123456789012:role/admin", "arn:aws:iam::123456789012:user/ann"],
    });
  });

  it.each([
    ["PERGOLA_TABLE", "a b"],
    ["PERGOLA_REGION", "nowhere"],
    ["PERGOLA_ACCOUNT_ID", "1"],
    ["PERGOLA_DOMAIN", "Example.com"],
    ["PERGOLA_SOURCE_VPC", "vpc-1"],
    ["PERGOLA_TRUST_FORWARDED_HOST", "yes"],
    ["PERGOLA_LISTENER", "TCP:80"],
    ["PERGOLA_LISTENER", "HTTP:70000"],
    ["PERGOLA_CONFIGURATION_TTL_MS", "0"],
    ["PERGOLA_RECORD_QUEUE_URL", "queue"],
    ["PERGOLA_AWS_ENDPOINT", "localhost"],
    ["PERGOLA_ADMIN_PRINCIPALS", "*"],
    ["PERGOLA_DNS_SERVER", "dns.example.com"],
    ["PERGOLA_DNS_SERVER", "10.0.0.2:"],
  ])("is refused with %s=%s, by name", (name, value) => {
    expect(() => readLambdaSettings({ ...least, [name]: value })).toThrow(`${name} has to`);
  });
});
