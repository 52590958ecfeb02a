import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Logger } from "@pergola/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFunctionsRunner, type FunctionsRunner, type FunctionsRunnerOptions } from "./functions-runner.ts";

const arnOf = (name: string): string => `arn:aws:lambda:us-west-2:123456789012:function:${name}`;
const never = new AbortController().signal;

let dir: string;
let lines: { message: string; details: Record<string, unknown> | undefined }[];
const runners: FunctionsRunner[] = [];

const log = (message: string, details?: Record<string, unknown>): void => void lines.push({ message, details });
const logger: Logger = { info: log, warn: log, error: log };

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "pergola-functions-"));
  lines = [];
});

afterEach(async () => {
  await Promise.all(runners.splice(0).map((runner) => runner.close()));
  await rm(dir, { recursive: true });
});

function runner(options: Partial<FunctionsRunnerOptions> = {}): FunctionsRunner {
  const made = createFunctionsRunner({ dir, region: "us-west-2", logger, timeoutMs: 5_000, ...options });
  runners.push(made);
  return made;
}

const put = (file: string, code: string): Promise<void> => writeFile(join(dir, file), code);

async function call(from: FunctionsRunner, name: string, event: unknown = {}) {
  const { payload, functionError } = await from.invoke(arnOf(name), JSON.stringify(event), never);
  return { result: JSON.parse(Buffer.from(payload).toString()), functionError };
}

describe("a function that answers", () => {
  it.each([
    ["async", "f.mjs", "export const handler = async (event) => ({ got: event.n });"],
    ["a promise", "f.mjs", "export const handler = (event) => Promise.resolve({ got: event.n });"],
    ["a plain value", "f.mjs", "export const handler = (event) => ({ got: event.n });"],
    [
      "a callback",
      "f.mjs",
      "export const handler = (event, _c, done) => { setTimeout(done, 5, null, { got: event.n }); };",
    ],
    ["CommonJS", "f.cjs", "exports.handler = async (event) => ({ got: event.n });"],
    ["CommonJS in .js", "f.js", "module.exports = { handler: async (event) => ({ got: event.n }) };"],
    [
      "TypeScript",
      "f.ts",
      "export async function handler(event: { n: number }): Promise<object> { return { got: event.n }; }",
    ],
  ])("may be written as %s", async (_style, file, code) => {
    await put(file, code);

    expect(await call(runner(), "f", { n: 7 })).toEqual({ result: { got: 7 }, functionError: undefined });
  });

  it("gives null where it gives nothing", async () => {
    await put("f.mjs", "export const handler = async () => {};");

    expect((await call(runner(), "f")).result).toBeNull();
  });

  it("is given Lambda's context and environment, and nothing of the server's", async () => {
    process.env.PERGOLA_TEST_SECRET = "hidden";
    await put(
      "f.mjs",
      `export const handler = async (_e, c) => ({ name: c.functionName, arn: c.invokedFunctionArn, memory: c.memoryLimitInMB,
        id: c.awsRequestId, left: c.getRemainingTimeInMillis(), env: process.env });`,
    );

    const { result } = await call(runner(), "f");
    delete process.env.PERGOLA_TEST_SECRET;

    expect(result).toMatchObject({ name: "f", arn: arnOf("f"), memory: "128" });
    expect(result.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(result.left).toBeGreaterThan(4_000);
    expect(result.left).toBeLessThanOrEqual(5_000);
    expect(result.env.AWS_LAMBDA_FUNCTION_NAME).toBe("f");
    expect(Object.keys(result.env).sort()).toEqual([
      "AWS_DEFAULT_REGION",
      "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
      "AWS_LAMBDA_FUNCTION_NAME",
      "AWS_LAMBDA_FUNCTION_VERSION",
      "AWS_REGION",
      "LANG",
      "NODE_ENV",
      "PATH",
      "TZ",
    ]);
  });

  it("is the same for every version, alias, region and account", async () => {
    await put("f.mjs", "export const handler = async (_e, c) => c.invokedFunctionArn;");
    const from = runner();

    for (const arn of [
      `${arnOf("f")}:live`,
      `${arnOf("f")}:$LATEST`,
      "arn:aws:lambda:eu-west-1:999900001111:function:f",
    ]) {
      const { payload } = await from.invoke(arn, "{}", never);
      expect(JSON.parse(Buffer.from(payload).toString())).toBe(arn);
    }
  });

  it("keeps what its module remembers between invocations", async () => {
    await put("f.mjs", "let n = 0; export const handler = async () => ++n;");
    const from = runner();

    expect([await call(from, "f"), await call(from, "f")].map(({ result }) => result)).toEqual([1, 2]);
  });

  it("has its output in the log, line by line, cut and counted", async () => {
    await put(
      "f.mjs",
      `export const handler = async () => { console.log("one\\ntwo"); console.error("bad"); console.log("x".repeat(50000));
        for (let i = 0; i < 2000; i++) console.log(i); };`,
    );
    const from = runner();

    await call(from, "f");
    await expect
      .poll(() => lines.some(({ message }) => message.includes("lines dropped")), { timeout: 5_000 })
      .toBe(true);

    const texts = lines.map(({ message }) => message);
    expect(texts).toEqual(expect.arrayContaining(["one", "two", "bad"]));
    expect(Math.max(...texts.map((text) => text.length))).toBeLessThanOrEqual(4_097);
    expect(texts.length).toBeLessThan(1_000);
    expect(lines.every(({ details }) => details?.function === "f")).toBe(true);
  });
});

describe("a function that fails", () => {
  const cases: [string, string, { errorType: string; errorMessage: unknown }][] = [
    [
      "throws",
      "export const handler = async () => { throw new RangeError('boom'); };",
      { errorType: "RangeError", errorMessage: "boom" },
    ],
    [
      "throws at once",
      "export const handler = () => { throw new Error('boom'); };",
      { errorType: "Error", errorMessage: "boom" },
    ],
    [
      "throws a string",
      "export const handler = async () => { throw 'boom'; };",
      { errorType: "string", errorMessage: "boom" },
    ],
    [
      "calls back an error",
      "export const handler = (_e, _c, done) => { done(new TypeError('boom')); };",
      { errorType: "TypeError", errorMessage: "boom" },
    ],
    [
      "leaves a rejection",
      "export const handler = () => { Promise.reject(new Error('lost')); return new Promise(() => {}); };",
      { errorType: "Error", errorMessage: "lost" },
    ],
    [
      "throws in a timer",
      "export const handler = () => new Promise(() => setTimeout(() => { throw new Error('late'); }, 1));",
      { errorType: "Error", errorMessage: "late" },
    ],
    [
      "exits",
      "export const handler = async () => { process.exit(3); };",
      { errorType: "Runtime.ExitError", errorMessage: "Runtime exited with error: exit status 3" },
    ],
    [
      "never answers",
      "export const handler = () => new Promise(() => {});",
      { errorType: "Sandbox.Timedout", errorMessage: expect.stringContaining("Task timed out after 0.40 seconds") },
    ],
    [
      "loops without end",
      "export const handler = () => { for (;;); };",
      { errorType: "Sandbox.Timedout", errorMessage: expect.stringContaining("timed out") },
    ],
    [
      "gives too much",
      "export const handler = async () => 'x'.repeat(7_000_000);",
      { errorType: "Function.ResponseSizeTooLarge", errorMessage: expect.stringContaining("6291556") },
    ],
    [
      "gives what is not JSON",
      "export const handler = async () => 1n;",
      { errorType: "TypeError", errorMessage: expect.stringContaining("BigInt") },
    ],
    [
      "has no handler",
      "export const main = 1;",
      { errorType: "Runtime.HandlerNotFound", errorMessage: expect.any(String) },
    ],
    ["does not parse", "export const handler = (", { errorType: "SyntaxError", errorMessage: expect.any(String) }],
    [
      "imports what is not there",
      "import './nowhere.mjs'; export const handler = async () => 1;",
      { errorType: "Error", errorMessage: expect.stringContaining("nowhere.mjs") },
    ],
  ];

  it.each(cases)("that %s is an unhandled error, and the next invocation works", async (_what, code, error) => {
    await put("f.mjs", code);
    await put("good.mjs", "export const handler = async () => 'fine';");
    const from = runner({ timeoutMs: 400 });

    expect(await call(from, "f")).toEqual({
      result: { ...error, trace: expect.any(Array) },
      functionError: "Unhandled",
    });
    expect((await call(from, "good")).result).toBe("fine");
    await put("f.mjs", "export const handler = async () => 'mended';");
    expect((await call(from, "f")).result).toBe("mended");
  });

  it("ends its own thread only when it needs too much memory", async () => {
    await put(
      "f.mjs",
      "export const handler = async () => { const all = []; for (;;) all.push(new Array(1000).fill(Math.random())); };",
    );
    await put("good.mjs", "export const handler = async () => 'fine';");
    const from = runner({ memoryMb: 32, timeoutMs: 15_000 });

    expect(await call(from, "f")).toMatchObject({
      result: { errorType: "Runtime.OutOfMemory" },
      functionError: "Unhandled",
    });
    expect((await call(from, "good")).result).toBe("fine");
  });

  it("does not hold up the server while it loops", async () => {
    await put("f.mjs", "export const handler = () => { for (;;); };");
    await put("good.mjs", "export const handler = async () => 'fine';");
    const from = runner({ timeoutMs: 2_000 });
    await call(from, "good");

    const looping = call(from, "f");

    expect((await call(from, "good")).result).toBe("fine");
    expect((await looping).functionError).toBe("Unhandled");
  });
});

describe("a function's code", () => {
  it("is in force at the next invocation after a change", async () => {
    const from = runner();
    for (const version of [1, 2, 3, 4, 5]) {
      await put("f.mjs", `export const handler = async () => ${version};`);
      expect((await call(from, "f")).result).toBe(version);
    }
  });

  it("is in force after a change of what it imports, also late and by require", async () => {
    await put("a.mjs", "export { b } from './b.mjs';");
    await put("b.mjs", "export const b = 1;");
    await put("c.cjs", "module.exports = 1;");
    await put("late.mjs", "export const late = 1;");
    await put(
      "f.mjs",
      `import { createRequire } from "node:module"; import { b } from "./a.mjs"; const c = createRequire(import.meta.url)("./c.cjs");
       export const handler = async () => [b, c, (await import("./late.mjs")).late];`,
    );
    const from = runner();
    expect((await call(from, "f")).result).toEqual([1, 1, 1]);

    await put("b.mjs", "export const b = 2;");
    expect((await call(from, "f")).result).toEqual([2, 1, 1]);
    await put("c.cjs", "module.exports = 2;");
    expect((await call(from, "f")).result).toEqual([2, 2, 1]);
    await put("late.mjs", "export const late = 2;");
    expect((await call(from, "f")).result).toEqual([2, 2, 2]);
  });

  it("may appear and go while the runner runs", async () => {
    const from = runner();
    await expect(call(from, "f")).rejects.toMatchObject({ reason: "unknown-function" });
    await put("f.mjs", "export const handler = async () => 1;");
    expect((await call(from, "f")).result).toBe(1);
    await rm(join(dir, "f.mjs"));
    await expect(call(from, "f")).rejects.toMatchObject({ reason: "unknown-function" });
  });
});

describe("a function that cannot be run", () => {
  it.each([
    ["missing"],
    ["../outside"],
    ["..%2foutside"],
    ["a/b"],
    [""],
    ["x".repeat(65)],
    ["f\u0000"],
    ["f.mjs"],
    ["link"],
    ["folder"],
  ])("is unknown: `%s`", async (name) => {
    const outside = join(dir, "..", `outside-${process.pid}.mjs`);
    await writeFile(outside, "export const handler = async () => 'escaped';");
    await put("f.mjs", "export const handler = async () => 1;");
    await symlink(outside, join(dir, "link.mjs"));
    await mkdir(join(dir, "folder.mjs"));

    await expect(call(runner(), name)).rejects.toMatchObject({ reason: "unknown-function" });
    await rm(outside);
  });

  it("may be a link inside the directory", async () => {
    await put("f.mjs", "export const handler = async () => 1;");
    await symlink("f.mjs", join(dir, "other.mjs"));

    expect((await call(runner(), "other")).result).toBe(1);
  });

  it("is an error of the function where its file cannot be read", async () => {
    await put("f.mjs", "export const handler = async () => 1;");
    await chmod(join(dir, "f.mjs"), 0o000);

    const outcome = await call(runner(), "f");

    // The superuser reads it all the same.
    if (process.getuid?.() === 0) expect(outcome.result).toBe(1);
    else
      expect(outcome).toMatchObject({
        functionError: "Unhandled",
        result: { errorMessage: expect.stringContaining("EACCES") },
      });
  });

  it("is refused an event over 6 MB", async () => {
    await put("f.mjs", "export const handler = async () => 1;");

    await expect(call(runner(), "f", "x".repeat(6_291_556))).rejects.toMatchObject({ reason: "too-large" });
  });

  it("is throttled when more wait than may", async () => {
    await put("f.mjs", "export const handler = (_e) => new Promise((done) => setTimeout(done, 300, 'done'));");
    const from = runner({ maxWorkersPerFunction: 2, maxQueuedPerFunction: 2 });

    const results = await Promise.allSettled(Array.from({ length: 6 }, () => call(from, "f")));

    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(4);
    const refused = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    expect(refused.map(({ reason }) => reason)).toEqual(["throttled", "throttled"]);
  });
});

describe("concurrent invocations", () => {
  it("never share a thread at the same time", async () => {
    await put(
      "f.mjs",
      `let running = 0; export const handler = async () => { running += 1; const seen = running;
         await new Promise((done) => setTimeout(done, 20)); running -= 1; return seen; };`,
    );
    const from = runner({ maxWorkersPerFunction: 3 });

    const results = await Promise.all(Array.from({ length: 20 }, () => call(from, "f")));

    expect(new Set(results.map(({ result }) => result))).toEqual(new Set([1]));
  });

  it("end at the caller's signal, running or waiting, and leave the function usable", async () => {
    await put("f.mjs", "export const handler = (e) => new Promise((done) => setTimeout(done, e.ms ?? 0, 'done'));");
    const from = runner({ maxWorkersPerFunction: 1 });
    await call(from, "f");
    const abort = new AbortController();
    const running = from.invoke(arnOf("f"), '{"ms":200}', abort.signal);
    const waiting = from.invoke(arnOf("f"), "{}", abort.signal);
    abort.abort(new Error("gone"));

    await expect(running).rejects.toThrow("gone");
    await expect(waiting).rejects.toThrow("gone");
    expect((await call(from, "f")).result).toBe("done");
  });

  it("are one thread's when they come one after the other, however many", async () => {
    await put(
      "f.mjs",
      'import { threadId } from "node:worker_threads"; let n = 0; export const handler = () => [threadId, ++n];',
    );
    const from = runner();
    const { result: first } = await call(from, "f");
    for (let n = 2; n <= 500; n++) expect((await call(from, "f")).result).toEqual([first[0], n]);
  });
});
