import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { forwardTo, newListener, newRule } from "../harness/lattice-resources.ts";
import { type OpenService, openService } from "../harness/open-service.ts";
import { freePorts } from "../harness/pergola.ts";
import { openPlainClient } from "../harness/plain-client.ts";
import { openScene, type Scene } from "../harness/scene.ts";
import { mainFile, runPergola } from "./run-pergola.ts";

let scene: Scene;
let service: OpenService;
let groupId: string;
beforeAll(async () => {
  scene = await openScene();
  const program = await scene.startProgram((request, response) => {
    response.writeHead(request.url === "/fails" ? 503 : 200).end();
  });
  service = await openService(scene.client);
  groupId = (await scene.groupOf(program)).id;
  const listener = await newListener(scene.client, service.id);
  const match = { httpMatch: { pathMatch: { match: { prefix: "/" } } } };
  await newRule(scene.client, service.id, listener.id, { priority: 1, match, action: forwardTo(groupId) });
});
afterAll(() => scene?.[Symbol.asyncDispose]());

/** Sends requests, every fourth one to fail, until the test ends. */
function startLoad(): void {
  const plain = openPlainClient(service.host, scene.pergola.httpPort, 1);
  let isOver = false;
  onTestFinished(() => {
    isOver = true;
  });
  void (async () => {
    for (let i = 0; !isOver; i += 1) {
      await plain.send({ path: i % 4 === 0 ? "/fails" : "/" });
      await new Promise((done) => setTimeout(done, 5));
    }
    plain[Symbol.dispose]();
  })();
}

it("top --once says what goes through each service and target group", async () => {
  startLoad();
  const env = { PERGOLA_API_URL: scene.pergola.apiUrl };

  const { code, stdout, stderr } = await runPergola(["top", "--once", "-o", "json"], { env });

  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const rates = JSON.parse(stdout) as Record<string, unknown>[];
  expect(rates.map(({ kind, id }) => [kind, id])).toEqual([
    ["service", service.id],
    ["target-group", groupId],
  ]);
  for (const { name, requestsPerSecond, serverErrors, p50, p99 } of rates) {
    expect(name).toMatch(/^[a-z]/);
    expect(requestsPerSecond).toBeGreaterThan(0);
    expect(serverErrors).toBeGreaterThan(0);
    expect(serverErrors).toBeLessThan(0.6);
    expect(p50).toBeGreaterThan(0);
    expect(p99).toBeGreaterThanOrEqual(p50 as number);
  }
});

it("top goes on until Ctrl-C and ends with 0; without a terminal it prints plain text", async () => {
  startLoad();
  const child = spawn(process.execPath, [mainFile, "top"], {
    env: { PATH: process.env.PATH ?? "", PERGOLA_API_URL: scene.pergola.apiUrl },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  await expect.poll(() => out.match(/^KIND/gm)?.length ?? 0, { timeout: 10_000 }).toBeGreaterThan(1);
  child.kill("SIGINT");

  expect(await once(child, "exit")).toEqual([0, null]);
  expect(out).not.toContain("\u001b");
  expect(out).toMatch(/^service +\S+ +\d+\.\d +0% +\d+\.\d% +\d+\.\d\d +\d+\.\d\d$/m);
});

it("top without a server says where it looked", async () => {
  const [port] = await freePorts(1);
  const { code, stderr } = await runPergola(["top"], { env: { PERGOLA_API_URL: `http://127.0.0.1:${port}` } });

  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("no Pergola answers") });
});
