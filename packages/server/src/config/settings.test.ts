import { describe, expect, it } from "vitest";
import { isWithin } from "./cidr.ts";
import { SettingsError } from "./setting-reader.ts";
import { loadSettings } from "./settings.ts";

function problemsOf(env: Record<string, string>, flags: Record<string, string | boolean> = {}): readonly string[] {
  try {
    loadSettings(env, flags, "/work");
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe("settings", () => {
  it("have the documented defaults", () => {
    expect(loadSettings({}, {}, "/work")).toEqual({
      apiPort: 7070,
      httpPort: 7080,
      httpsPort: 7443,
      domain: "localhost",
      dataDir: "/work/.pergola",
      accountId: "123456789012",
      region: "us-west-2",
      functionsDir: "/work/functions",
      configFile: "/work/pergola.json",
      configFileGiven: false,
      host: "127.0.0.1",
      requireAuth: false,
      settleMs: 0,
      serviceRate: 0,
      resourceCidr: "127.77.0.0/16",
      proxyProtocol: [],
      functionTimeoutMs: 30_000,
      functionMemoryMb: 128,
      logLevel: "info",
    });
  });

  it("come from a flag before a variable before the default", () => {
    const settings = loadSettings({ PERGOLA_API_PORT: "1", PERGOLA_HTTP_PORT: "2" }, { apiPort: "3" }, "/work");

    expect([settings.apiPort, settings.httpPort, settings.httpsPort]).toEqual([3, 2, 7443]);
  });

  it("take an empty variable as not set, and absolute paths as they are", () => {
    const settings = loadSettings({ PERGOLA_REGION: "", PERGOLA_CONFIG: "/etc/p.json" }, {}, "/work");

    expect(settings).toMatchObject({ region: "us-west-2", configFile: "/etc/p.json", configFileGiven: true });
  });

  it.each([
    ["PERGOLA_API_PORT", "65536"],
    ["PERGOLA_HTTP_PORT", "-1"],
    ["PERGOLA_HTTPS_PORT", "80a"],
    ["PERGOLA_DOMAIN", "UPPER"],
    ["PERGOLA_DOMAIN", `${"a".repeat(64)}.b`],
    ["PERGOLA_ACCOUNT_ID", "12345"],
    ["PERGOLA_REGION", "../west"],
    ["PERGOLA_LAMBDA_ENDPOINT", "localhost:3001"],
    ["PERGOLA_LAMBDA_ENDPOINT", "file:///etc/passwd"],
    ["PERGOLA_HOST", "example.com"],
    ["PERGOLA_RESOURCE_CIDR", "127.77.0.0"],
    ["PERGOLA_PROXY_PROTOCOL", "1"],
    ["PERGOLA_PROXY_PROTOCOL", "10.0.0.0/8,"],
    ["PERGOLA_PROXY_PROTOCOL", "10.0.0.0/8;fd00::/8"],
    ["PERGOLA_PROXY_PROTOCOL", "10.0.0.0"],
    ["PERGOLA_RESOURCE_CIDR", "127.77.0.0/31"],
    ["PERGOLA_RESOURCE_CIDR", "127.0.0.0/7"],
    ["PERGOLA_RESOURCE_CIDR", "127.256.0.0/16"],
    ["PERGOLA_RESOURCE_CIDR", "127.77.0/16"],
    ["PERGOLA_RESOURCE_CIDR", "127.77.0.0./16"],
    ["PERGOLA_RESOURCE_CIDR", "::1/64"],
    ["PERGOLA_REQUIRE_AUTH", "maybe"],
    ["PERGOLA_SETTLE_MS", "1e3"],
    ["PERGOLA_LOG_LEVEL", "loud"],
    ["PERGOLA_DNS_SERVER", "dns.example.com"],
    ["PERGOLA_DNS_SERVER", "127.0.0.1:0"],
    ["PERGOLA_DNS_SERVER", "::1:65536x"],
    ["PERGOLA_FUNCTION_TIMEOUT_MS", "0"],
    ["PERGOLA_FUNCTION_MEMORY_MB", "1"],
    ["PERGOLA_WORKERS", "0"],
    ["PERGOLA_WORKERS", "65"],
    ["PERGOLA_WORKERS", "-1"],
    ["PERGOLA_WORKERS", "1.5"],
    ["PERGOLA_WORKERS", "two"],
  ])("refuse %s=%s and name the variable, its flag and the value", (name, value) => {
    const flag = `--${name.slice("PERGOLA_".length).toLowerCase().replaceAll("_", "-")}`;

    const problems = problemsOf({ [name]: value });

    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`${name} (${flag})`);
    expect(problems[0]).toContain(`\`${value}\``);
    expect(problems[0]).toContain(" must ");
  });

  it.each(["127.0.0.1", "127.0.0.1:5353", "::1", "[::1]:5353"])("take the DNS server %s", (server) => {
    expect(loadSettings({ PERGOLA_DNS_SERVER: server }, {}, "/work").dnsServer).toBe(server);
  });

  it("take the load balancers that send PROXY headers", () => {
    const { proxyProtocol } = loadSettings({ PERGOLA_PROXY_PROTOCOL: "10.0.0.0/16, fd00::/8" }, {}, "/work");
    expect(proxyProtocol).toEqual([
      { address: "10.0.0.0", family: "ipv4", bits: 16 },
      { address: "fd00::", family: "ipv6", bits: 8 },
    ]);
    const isProxy = isWithin(proxyProtocol);
    const asked = ["10.0.255.1", "10.1.0.0", "::ffff:10.0.0.1", "fd12::1", "fe80::1", "", "x"];
    expect(asked.map(isProxy)).toEqual([true, false, true, true, false, false, false]);
  });

  it("tell all problems at once", () => {
    expect(problemsOf({ PERGOLA_API_PORT: "x", PERGOLA_REGION: "y" }, { accountId: "z" })).toHaveLength(3);
  });

  it("refuse an address that others can reach unless signatures are required", () => {
    for (const host of ["0.0.0.0", "::", "10.0.0.1", "::ffff:10.0.0.1"]) {
      expect(problemsOf({ PERGOLA_HOST: host })[0]).toContain("--require-auth");
      expect(problemsOf({ PERGOLA_HOST: host, PERGOLA_REQUIRE_AUTH: "true" })).toEqual([]);
    }
    for (const host of ["127.0.0.1", "127.8.9.1", "::1", "localhost", "::ffff:127.0.0.1"]) {
      expect(problemsOf({ PERGOLA_HOST: host })).toEqual([]);
    }
  });

  it("refuse one port for two purposes, but any number of free ones", () => {
    expect(problemsOf({ PERGOLA_API_PORT: "7443" })).toHaveLength(1);
    expect(problemsOf({ PERGOLA_API_PORT: "0", PERGOLA_HTTP_PORT: "0", PERGOLA_HTTPS_PORT: "0" })).toEqual([]);
  });
});
