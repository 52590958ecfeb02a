import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startBytes, startFiles } from "../lambda/bundle.ts";
import { deployment } from "./harness/deployment.ts";
import { ofType } from "./harness/graph.ts";

const { graph, artifacts } = deployment("everything");
const kilobyte = 1000;

/** SST names a folder after the function's component; a queue's subscriber has a suffix of its own. */
function folderOf(prefix: string): string {
  const [found, ...more] = readdirSync(artifacts).filter((name) => name.startsWith(prefix) && name.endsWith("-src"));
  if (found === undefined || more.length > 0) throw new Error(`one folder for ${prefix} expected`);
  return join(artifacts, found);
}

const budgets = [
  { prefix: "Router-src", coldStart: 150, zip: 1200 },
  { prefix: "Vpc0aaa1111Router", coldStart: 150, zip: 1200 },
  { prefix: "AccessRecordsSubscriber", coldStart: 60, zip: 1000 },
  { prefix: "HealthChecksHandler", coldStart: 100, zip: 1000 },
  { prefix: "DomainVerificationHandler", coldStart: 60, zip: 1000 },
  { prefix: "CredentialExchange", coldStart: 200, zip: 1000 },
  { prefix: "ControlPlane", coldStart: 650, zip: 1300 },
];

describe.each(budgets)("the bundle of $prefix", ({ prefix, coldStart, zip }) => {
  const folder = folderOf(prefix);
  const bundle = join(folder, "bundle.mjs");

  it(`reads at most ${coldStart} kB at a cold start, and is uploaded as at most ${zip} kB`, () => {
    expect(startBytes(bundle)).toBeLessThan(coldStart * kilobyte);
    expect(statSync(join(folder.replace(/-src$/, ""), "code.zip")).size).toBeLessThan(zip * kilobyte);
  });

  it("starts in its environment and has a handler", () => {
    const name = folder.split("/").at(-1)?.replace(/-src$/, "");
    const fn = ofType(graph, "aws:lambda/function:Function").find((one) => one.name === `${name}Function`);
    const variables: Record<string, string> = fn?.inputs.environment.variables;
    // The global is the runtime's own; streaming entries wrap their handler with it while they load.
    const program = `globalThis.awslambda = { streamifyResponse: (handler) => handler, HttpResponseStream: {} };
      const { handler } = await import(${JSON.stringify(bundle)}); console.log(typeof handler); process.exit(0);`;
    const env = { ...variables, AWS_REGION: "eu-central-1", PATH: process.env.PATH ?? "" };
    const printed = execFileSync(process.execPath, ["--input-type=module", "-e", program], {
      cwd: folder,
      env,
      encoding: "utf8",
    });
    expect(printed.trim()).toBe("function");
  });
});

describe.each(["Router-src", "Vpc0aaa1111Router"])("a cold start of %s", (prefix) => {
  const files = [...startFiles(join(folderOf(prefix), "bundle.mjs"))];
  const source = files.map((file) => readFileSync(file, "utf8")).join("\n");

  it("loads no client of AWS's", () => {
    expect(source).not.toMatch(/aws-sdk-js|AWSJson1_0|defaultUserAgent/i);
  });

  it("has V8 compile what it calls with the file", () => {
    expect(source).toMatch(/^var (?:[\w$]+=\((?:async )?function\*? ?\()/);
  });

  // Each costs a start up to a millisecond: docs/lambda.md, "Bundles".
  it("reads no file but its own, and imports no builtin", () => {
    expect(files).toHaveLength(1);
    expect([...source.matchAll(/\bfrom\s*["']([^"']+)["']/g)]).toEqual([]);
  });
});
