import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeCertificate } from "../harness/certificates.ts";
import { forwardTo, newListener, newService, newTargetGroup } from "../harness/lattice-resources.ts";
import { openService } from "../harness/open-service.ts";
import { freePorts } from "../harness/pergola.ts";
import { openScene, registerTarget, type Scene, sceneVpcId } from "../harness/scene.ts";

const directory = mkdtempSync(join(tmpdir(), "pergola-openssl-"));
const passed = "passed.example.com";
let scene: Scene;
let host: string;
let target: ReturnType<typeof spawn>;

beforeAll(async () => {
  scene = await openScene();
  const { client } = scene;
  const service = await openService(client);
  host = service.host;
  const program = await scene.startProgram((_request, response) => response.end("from the target"));
  const group = await scene.groupOf(program);
  await newListener(client, service.id, { protocol: "HTTPS", port: 443, defaultAction: forwardTo(group.id) });
  await passThrough(service.networkId);
});
afterAll(async () => {
  target.kill("SIGKILL");
  await scene[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

/** A service on the same port whose TLS ends at `openssl s_server`. */
async function passThrough(serviceNetworkIdentifier: string): Promise<void> {
  const { client } = scene;
  const { certificate, privateKey } = await makeCertificate([passed]);
  writeFileSync(join(directory, "cert.pem"), certificate);
  writeFileSync(join(directory, "key.pem"), privateKey);
  const [port = 0] = await freePorts(1);
  const files = ["-cert", join(directory, "cert.pem"), "-key", join(directory, "key.pem")];
  target = spawn("openssl", ["s_server", "-accept", `127.0.0.1:${port}`, ...files, "-www", "-quiet"], {
    stdio: "ignore",
  });
  const service = await newService(client, { customDomainName: passed });
  const config = { protocol: "TCP", port, vpcIdentifier: sceneVpcId } as const;
  const group = await newTargetGroup(client, { type: "INSTANCE", config });
  await registerTarget(client, group.id, { port });
  await newListener(client, service.id, { protocol: "TLS_PASSTHROUGH", port: 443, defaultAction: forwardTo(group.id) });
  await client.createServiceNetworkServiceAssociation({ serviceNetworkIdentifier, serviceIdentifier: service.id });
}

/** `openssl s_client`, which sends one request. @returns what it printed, and its exit code */
async function dial(...args: string[]): Promise<{ readonly code: number | null; readonly printed: string }> {
  const { httpsPort, caFile } = scene.pergola;
  const child = spawn("openssl", [
    "s_client",
    ...["-connect", `127.0.0.1:${httpsPort}`, "-CAfile", caFile, "-ign_eof"],
    ...args,
  ]);
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  // A handshake that fails ends the program before it reads.
  child.stdin.on("error", () => undefined);
  child.stdin.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { code, printed: stdout + stderr };
}

const named = (): string[] => ["-servername", host];

it("verifies the certificate of the server name by the local CA alone", async () => {
  const strict = ["-verify_return_error", "-verify_hostname", host];
  const { code, printed } = await dial(...named(), ...strict);
  expect(printed).toContain("Verify return code: 0 (ok)");
  expect(printed).toContain("from the target");
  expect(code).toBe(0);
  expect(await dial(...named(), "-verify_return_error", "-verify_hostname", "other.example.com")).toMatchObject({
    code: 1,
    printed: expect.stringContaining("hostname mismatch"),
  });
});

it.each([
  ["no server name", ["-noservername"]],
  ["a name that no service has", ["-servername", "other.example.com"]],
])("fails the handshake with %s", async (_what, args) => {
  const { code, printed } = await dial(...args);
  expect(code).toBe(1);
  expect(printed).toMatch(/alert|no peer certificate available/);
  expect(printed).not.toContain("from the target");
});

it.each(["-tls1", "-tls1_1"])("refuses %s", async (version) => {
  const { code, printed } = await dial(...named(), version, "-cipher", "ALL:@SECLEVEL=0");
  expect(code).toBe(1);
  expect(printed).not.toContain("from the target");
});

const suites = [
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-SHA",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-SHA",
  "AES128-GCM-SHA256",
  "AES128-SHA",
  "AES256-GCM-SHA384",
  "AES256-SHA",
];

it.each(suites)("speaks TLS 1.2 with %s", async (suite) => {
  const { printed } = await dial(...named(), "-tls1_2", "-cipher", suite);
  expect(printed).toMatch(new RegExp(`New, \\S+, Cipher is ${suite}\\n`));
  expect(printed).toContain("from the target");
});

it.each(["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"])(
  "speaks TLS 1.3 with %s",
  async (suite) => {
    const { printed } = await dial(...named(), "-tls1_3", "-ciphersuites", suite);
    expect(printed).toContain(`New, TLSv1.3, Cipher is ${suite}`);
    expect(printed).toContain("from the target");
  },
);

it.each(["ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-RSA-AES128-SHA256", "DHE-RSA-AES128-GCM-SHA256", "NULL-SHA256"])(
  "does not speak TLS 1.2 with %s, which VPC Lattice does not have",
  async (suite) => {
    const { code } = await dial(...named(), "-tls1_2", "-cipher", `${suite}:@SECLEVEL=0`);
    expect(code).toBe(1);
  },
);

it("prefers its own order of suites", async () => {
  const { printed } = await dial(...named(), "-tls1_2", "-cipher", [...suites].reverse().join(":"));
  expect(printed).toContain(`Cipher is ${suites[0]}`);
});

it.each(["-tls1_2", "-tls1_3"])("takes a session of %s up again on another connection", async (version) => {
  const session = join(directory, `session${version}`);
  const first = await dial(...named(), version, "-sess_out", session);
  expect(first.printed).toMatch(/^New, /m);
  const second = await dial(...named(), version, "-sess_in", session);
  expect(second.printed).toMatch(/^Reused, /m);
  expect(second.printed).toContain("from the target");
});

it("passes TLS on to a target that ends it, on the same port", async () => {
  for (let tries = 0; tries < 50; tries += 1) {
    const { printed } = await dial("-servername", passed);
    if (!printed.includes("alert internal error")) break;
    await sleep(100);
  }
  for (const version of ["-tls1_2", "-tls1_3"]) {
    const { printed } = await dial("-servername", passed, version);
    expect(printed).toContain(`CN = ${passed}`);
    expect(printed).toContain("s_server");
  }
});
