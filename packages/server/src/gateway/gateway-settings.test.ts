import { describe, expect, it } from "vitest";
import { SettingsError } from "../config/setting-reader.ts";
import { loadGatewaySettings } from "./gateway-settings.ts";

const least = { PERGOLA_TABLE: "mesh", AWS_REGION: "eu-west-1" };

describe("settings of a gateway", () => {
  it("are safe where only table and region are given: no VPC, no sessions, no certificate", () => {
    expect(loadGatewaySettings(least, {}, "/work")).toEqual({
      table: "mesh",
      region: "eu-west-1",
      host: "0.0.0.0",
      listeners: [
        [80, 8080],
        [443, 8443],
      ],
      healthPort: 8081,
      sourceVpc: "none",
      proxyProtocol: [],
      tlsFiles: [],
      pollMs: 1_000,
      drainDelayMs: 0,
      drainMs: 25_000,
    });
  });

  it("are read from variables and flags, and a flag wins", () => {
    const env = {
      ...least,
      PERGOLA_REGION: "us-gov-west-1",
      PERGOLA_LISTENERS: "80=0,5000=5000",
      PERGOLA_SOURCE_VPC: "vpc-0aaa1111bbb2222cc/210987654321",
      PERGOLA_PROXY_PROTOCOL: "10.0.0.0/16, fd00::/8",
      PERGOLA_KMS_KEY_ID: "arn:aws:kms:eu-west-1:123456789012:key/1234abcd",
      PERGOLA_RECORD_QUEUE_URL: "https://sqs.eu-west-1.amazonaws.com/1/q",
      PERGOLA_TLS_FILES: "tls.crt:/tls/tls.key",
      PERGOLA_TLS_PEM: "text",
      PERGOLA_DRAIN_MS: "1000",
    };
    expect(loadGatewaySettings(env, { drainMs: "2000", spoolDir: "spool" }, "/work")).toMatchObject({
      region: "us-gov-west-1",
      listeners: [
        [80, 0],
        [5000, 5000],
      ],
      sourceVpc: { vpcId: "vpc-0aaa1111bbb2222cc", account: "210987654321" },
      proxyProtocol: [
        { address: "10.0.0.0", family: "ipv4", bits: 16 },
        { address: "fd00::", family: "ipv6", bits: 8 },
      ],
      kmsKeyId: "arn:aws:kms:eu-west-1:123456789012:key/1234abcd",
      recordQueueUrl: "https://sqs.eu-west-1.amazonaws.com/1/q",
      tlsFiles: [{ certificate: "/work/tls.crt", key: "/tls/tls.key" }],
      tlsPem: "text",
      spoolDir: "/work/spool",
      drainMs: 2_000,
    });
  });

  it.each([
    ["PERGOLA_TABLE", ""],
    ["PERGOLA_TABLE", "a b"],
    ["PERGOLA_REGION", "nowhere"],
    ["PERGOLA_LISTENERS", "80"],
    ["PERGOLA_LISTENERS", "80=8080,80=8081"],
    ["PERGOLA_LISTENERS", "0=8080"],
    ["PERGOLA_LISTENERS", "80=70000"],
    ["PERGOLA_LISTENERS", "80=8081"],
    ["PERGOLA_LISTENERS", Array.from({ length: 101 }, (_, i) => `${i + 1}=0`).join(",")],
    ["PERGOLA_HOST", "example.com"],
    ["PERGOLA_HEALTH_PORT", "-1"],
    ["PERGOLA_SOURCE_VPC", "vpc-1"],
    ["PERGOLA_PROXY_PROTOCOL", "10.0.0.0"],
    ["PERGOLA_PROXY_PROTOCOL", "10.0.0.0/8,"],
    ["PERGOLA_PROXY_PROTOCOL", Array.from({ length: 101 }, () => "10.0.0.0/8").join(",")],
    ["PERGOLA_KMS_KEY_ID", "a key"],
    ["PERGOLA_RECORD_QUEUE_URL", "queue"],
    ["PERGOLA_AWS_ENDPOINT", "ftp://x"],
    ["PERGOLA_TLS_FILES", "a.pem"],
    ["PERGOLA_TLS_FILES", "a.pem:a.key,"],
    ["PERGOLA_POLL_MS", "1"],
    ["PERGOLA_DRAIN_MS", "soon"],
    ["PERGOLA_DRAIN_DELAY_MS", "999999"],
  ])("are refused with %s=%s, by name", (name, value) => {
    const load = () => loadGatewaySettings({ ...least, [name]: value }, {}, "/work");
    expect(load).toThrow(SettingsError);
    expect(load).toThrow(name);
  });

  it("name every bad one at once", () => {
    const env = { PERGOLA_POLL_MS: "x" };
    expect(() => loadGatewaySettings(env, {}, "/work")).toThrow(
      /PERGOLA_TABLE[\s\S]*PERGOLA_REGION[\s\S]*PERGOLA_POLL_MS/,
    );
  });
});
