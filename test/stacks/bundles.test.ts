import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startBytes, startFiles } from "../lambda/bundle.ts";
import { builtFunction } from "./harness/built-function.ts";
import { deployment } from "./harness/deployment.ts";

const everything = deployment("everything");
const kilobyte = 1000;

const budgets = [
  { component: "Router", coldStart: 150, zip: 1200 },
  { component: "Vpc0aaa1111Router", coldStart: 150, zip: 1200 },
  { component: "AccessRecordsSubscriber", coldStart: 60, zip: 1000 },
  { component: "HealthChecksHandler", coldStart: 100, zip: 1000 },
  { component: "DomainVerificationHandler", coldStart: 60, zip: 1000 },
  { component: "CredentialExchange", coldStart: 200, zip: 1000 },
  { component: "ControlPlane", coldStart: 650, zip: 1300 },
];

describe.each(budgets)("the bundle of $component", ({ component, coldStart, zip }) => {
  const { folder, bundle, variables } = builtFunction(everything, component);

  it(`reads at most ${coldStart} kB at a cold start, and is uploaded as at most ${zip} kB`, () => {
    expect(startBytes(bundle)).toBeLessThan(coldStart * kilobyte);
    expect(statSync(join(folder.replace(/-src$/, ""), "code.zip")).size).toBeLessThan(zip * kilobyte);
  });

  it("starts in its environment and has a handler", () => {
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

describe.each(["Router", "Vpc0aaa1111Router"])("a cold start of %s", (component) => {
  const files = [...startFiles(builtFunction(everything, component).bundle)];
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
