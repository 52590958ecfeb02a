import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCli } from "./run-cli.ts";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));
let dir: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "pergola-cli-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  }
  await rm(dir, { recursive: true });
});

async function cli(...args: string[]) {
  let out = "";
  let err = "";
  const stdout = { write: (text: string) => (out += text) };
  const stderr = { write: (text: string) => (err += text) };
  const code = await runCli(args, { stdout, stderr, env: {}, cwd: () => dir });
  return { code, out, err };
}

interface Served {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** `pergola serve` in a process of its own. */
function spawnServe(args: string[] = []): Served {
  const free = ["--api-port", "0", "--http-port", "0", "--https-port", "0"];
  const child = spawn(process.execPath, [main, "serve", ...free, ...args], {
    cwd: dir,
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const exited = once(child, "exit").then(([code, signal]) => ({ code, signal }));
  return { child, output: () => output, exited };
}

async function apiUrlOf({ output }: Served): Promise<string> {
  await expect.poll(output, { timeout: 15_000 }).toContain("create-service");
  return /API +(http:\S+)/.exec(output())?.[1] ?? "";
}

describe("the pergola command", () => {
  const identityCommands = ["user", "role"].flatMap((kind) => [
    `create-${kind}`,
    `list-${kind}s`,
    `get-${kind}`,
    `update-${kind}`,
    `delete-${kind}`,
  ]);
  const keyCommands = ["create-access-key", "list-access-keys", "delete-access-key"];
  it.each([
    [["--help"]],
    [["serve", "--help"]],
    [["policy", "--help"]],
    [["policy", "lint", "--help"]],
    [["credentials", "--help"]],
    [["explain", "--help"]],
    [["identity", "--help"]],
    ...[...identityCommands, ...keyCommands].map((name) => [["identity", name, "--help"]]),
  ])("explains itself: %j", async (args) => {
    const { code, out } = await cli(...args);

    expect(code).toBe(0);
    expect(out).toContain("Usage: pergola");
    if (args[0] !== "policy" || args[1] === "lint") expect(out).toContain("Examples:");
  });

  it("says its version", async () => {
    const { version } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));

    expect(await cli("--version")).toEqual({ code: 0, out: `${version}\n`, err: "" });
  });

  it.each([
    [["serv"], "Did you mean serve?"],
    [["serve", "--api-prot", "1"], "Did you mean --api-port?"],
    [["serve", "extra"], "too many arguments"],
    [["policy", "lnt"], "Did you mean lint?"],
    [["identity", "create-usr"], "Did you mean create-user?"],
    [["credentials", "--role-anr", "x"], "Did you mean --role-arn?"],
    [["policy", "lint"], "missing required argument"],
    [["policy", "lint", "x", "-o", "xml"], "Allowed choices are text, json"],
    [["serve", "--api-port", "70000"], "--api-port is `70000` and must be a whole number from 0 to 65535"],
    [["serve", "--host", "0.0.0.0"], "--require-auth"],
  ])("refuses %j with exit code 2 and what would be right", async (args, message) => {
    const { code, err } = await cli(...args);

    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});

describe("pergola policy lint", () => {
  const good = {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Principal: { AWS: "111122223333" }, Action: "vpc-lattice-svcs:Invoke", Resource: "*" },
    ],
  };

  it("is quiet and 0 for a policy without findings", async () => {
    await writeFile(join(dir, "p.json"), JSON.stringify(good));

    expect(await cli("policy", "lint", "p.json")).toMatchObject({ code: 0, out: "p.json: no findings\n" });
    expect(await cli("policy", "lint", "p.json", "-o", "json")).toMatchObject({ code: 0, out: "[]\n" });
  });

  it("is 1 for errors, and names where each is", async () => {
    await writeFile(
      join(dir, "p.json"),
      JSON.stringify({ ...good, Statement: [{ ...good.Statement[0], Effect: "Maybe" }] }),
    );

    const text = await cli("policy", "lint", "p.json");
    expect(text.code).toBe(1);
    expect(text.out).toMatch(/^error: Statement\[0\]\.Effect/m);
    const json = await cli("policy", "lint", "p.json", "-o", "json");
    expect(JSON.parse(json.out)).toContainEqual(
      expect.objectContaining({ severity: "error", path: "Statement[0].Effect" }),
    );
  });

  it("is 0 for warnings alone", async () => {
    await writeFile(
      join(dir, "p.json"),
      JSON.stringify({ ...good, Statement: [{ ...good.Statement[0], Principal: "*" }] }),
    );

    const { code, out } = await cli("policy", "lint", "p.json");

    expect(code).toBe(0);
    expect(out).toMatch(/^warning: /);
  });

  it("is 1 for a file that cannot be a policy by its size", async () => {
    await writeFile(join(dir, "large.json"), " ".repeat(1024 * 1024 + 1));

    expect(await cli("policy", "lint", "large.json")).toMatchObject({
      code: 1,
      err: "pergola: `large.json` is larger than 1048576 bytes\n",
    });
  });

  it("is 1 for a file that is not there", async () => {
    expect(await cli("policy", "lint", "nowhere.json")).toMatchObject({
      code: 1,
      err: "pergola: `nowhere.json` cannot be read: ENOENT\n",
    });
  });
});

describe("pergola serve", () => {
  it("prints where everything is and the next command, and ends in order at the first signal", async () => {
    const served = spawnServe();
    const apiUrl = await apiUrlOf(served);

    expect((await fetch(`${apiUrl}/pergola/health`)).status).toBe(200);
    expect(served.output()).toContain(join(dir, ".pergola", "ca.pem"));
    expect(served.output()).toContain(`create-service --name my-first-service --endpoint-url ${apiUrl}`);
    expect(served.output()).toMatch(/listener port 80 +127\.0\.0\.1:\d+/);
    served.child.kill("SIGTERM");

    expect(await served.exited).toEqual({ code: 0, signal: null });
    expect(served.output()).toContain("ended");
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("ends at once at a second %s", async (signal, expected) => {
    await writeFile(join(dir, "hello.mjs"), "export const handler = () => new Promise(() => {});");
    const served = spawnServe(["--demo", "--functions-dir", dir]);
    await apiUrlOf(served);
    await expect.poll(served.output, { timeout: 15_000 }).toContain("Call it:");
    const inFlight = call(served, "/to-function").catch(() => "cut off");
    await new Promise((done) => setTimeout(done, 500));

    served.child.kill(signal);
    await expect.poll(served.output).toContain("ending");
    expect(served.child.exitCode).toBeNull();
    served.child.kill(signal);

    expect(await served.exited).toEqual({ code: expected, signal: null });
    expect(await inFlight).toBe("cut off");
  });

  it("refuses a second process on the data directory, and recovers from a kill", async () => {
    const first = spawnServe();
    const apiUrl = await apiUrlOf(first);

    const second = spawnServe();
    expect(await second.exited).toEqual({ code: 1, signal: null });
    expect(second.output()).toContain(`is in use by process ${first.child.pid} (${apiUrl})`);
    expect(second.output()).not.toContain("    at ");

    first.child.kill("SIGKILL");
    await first.exited;
    await apiUrlOf(spawnServe());
  });

  it("says which port is taken, without a stack", async () => {
    const first = spawnServe();
    const port = new URL(await apiUrlOf(first)).port;

    const second = spawnServe(["--api-port", port, "--data-dir", "other"]);

    expect(await second.exited).toEqual({ code: 1, signal: null });
    expect(second.output()).toContain(`127.0.0.1:${port} is in use by another process: choose another with --api-port`);
    expect(second.output()).not.toContain("    at ");
  });
});

/** A request through the demo's curl line. */
async function call({ output }: Served, path: string): Promise<string> {
  const [, caFile = "", port = "", host = ""] =
    /--cacert (\S+) --connect-to ::127\.0\.0\.1:(\d+) https:\/\/([^/]+)\//.exec(output()) ?? [];
  const ca = await readFile(caFile);
  return await new Promise((done, fail) => {
    const options = { host: "127.0.0.1", port, path, servername: host, headers: { host }, ca, agent: false };
    const request = httpsRequest(options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => done(text));
      response.on("error", fail);
    });
    request.on("error", fail);
    request.end();
  });
}

describe("pergola serve --demo", () => {
  it("answers by path and by weight, and is found again after a restart", async () => {
    for (const already of [false, true]) {
      const served = spawnServe(["--demo"]);
      await apiUrlOf(served);
      await expect.poll(served.output, { timeout: 15_000 }).toContain("Call it:");

      expect(await call(served, "/to-instance")).toBe("Hello from the instance, you asked for /to-instance");
      expect(await call(served, "/to-function")).toBe('"Hello from the function"');
      const seen = new Set<string>();
      for (let i = 0; i < 60; i++) seen.add(await call(served, "/"));
      expect([...seen].sort()).toEqual(['"Hello from the function"', "Hello from the instance"]);
      // All but the instance's port, which is another after each start.
      const steps = served.output().match(/^ {4}aws vpc-lattice/gm)?.length;
      expect(served.output().match(/was there already/g)?.length ?? 0).toBe(already ? (steps ?? 0) - 1 : 0);
      served.child.kill("SIGTERM");
      expect((await served.exited).code).toBe(0);
    }
  });
});
