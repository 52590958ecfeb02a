import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startPergola } from "../harness/pergola.ts";
import { runPergola } from "./run-pergola.ts";

const admin = { accessKeyId: "AKIAADMIN00000000001", secretAccessKey: "admin/secret/access/key/00000000000000" };
const file = "pergola: 1\nservices: { orders: {} }\n";

/** A server that knows the key above. */
async function start(...args: readonly string[]) {
  const directory = mkdtempSync(join(tmpdir(), "pergola-history-"));
  const config = join(directory, "pergola.json");
  const identities = [{ ...admin, principal: "arn:aws:iam::123456789012:user/admin" }];
  writeFileSync(config, JSON.stringify({ identities }), { mode: 0o600 });
  const dataDir = join(directory, "data");
  const open = () => startPergola({ dataDir, env: { PERGOLA_CONFIG: config }, args });
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return { open, directory };
}

const signing = { AWS_ACCESS_KEY_ID: admin.accessKeyId, AWS_SECRET_ACCESS_KEY: admin.secretAccessKey };

it("history names the principal and key of a verified signature, and outlives the server", async () => {
  const { open, directory } = await start("--require-auth");
  let pergola = await open();
  const run = (...args: readonly string[]) =>
    runPergola(args, { env: { PERGOLA_API_URL: pergola.apiUrl, HOME: directory, ...signing }, stdin: file });
  expect(await run("apply", "-f", "-")).toMatchObject({ code: 0, stderr: "" });
  expect(await pergola.stop("SIGKILL")).toBe(null);
  pergola = await open();
  onTestFinished(async () => void (await pergola.stop()));

  const [entry] = JSON.parse((await run("history", "-o", "json")).stdout);

  expect(entry).toMatchObject({
    operation: "CreateService",
    principal: "arn:aws:iam::123456789012:user/admin",
    accessKeyId: admin.accessKeyId,
  });
  expect((await run("history")).stdout).toContain("by arn:aws:iam::123456789012:user/admin, key AKIAADMIN00000000001");
  const unsigned = await runPergola(["history"], { env: { PERGOLA_API_URL: pergola.apiUrl, HOME: directory } });
  expect(unsigned).toMatchObject({ code: 1, stderr: expect.stringContaining("sign the request") });
}, 60_000);

it("history names nobody who was not verified", async () => {
  const { open, directory } = await start();
  const pergola = await open();
  onTestFinished(async () => void (await pergola.stop()));
  const env = { PERGOLA_API_URL: pergola.apiUrl, HOME: directory, ...signing };
  await runPergola(["apply", "-f", "-"], { env, stdin: file });

  const [entry] = JSON.parse((await runPergola(["history", "-o", "json"], { env })).stdout);

  expect(entry).toMatchObject({ account: "123456789012" });
  expect(entry).not.toHaveProperty("principal");
  expect(entry).not.toHaveProperty("accessKeyId");
}, 60_000);
