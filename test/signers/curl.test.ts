import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SignerCase, signerCases } from "./cases.ts";
import { credentials, region, service, startVerifyingServer, type VerifyingServer } from "./verifying-server.ts";

const run = promisify(execFile);
const missing = whatIsMissing();

function whatIsMissing(): string {
  const help = spawnSync("curl", ["--help", "all"], { encoding: "utf8" });
  if (help.error !== undefined) return " (skipped: curl is not installed)";
  return help.stdout.includes("--aws-sigv4") ? "" : " (skipped: this curl has no --aws-sigv4)";
}

/**
 * curl signs what it was given: up to 7.88 it neither encodes a path again nor sorts a query, and later versions differ in
 * what they encode. AWS refuses those signatures as well; only what is canonical already is signed rightly by all of them.
 */
function isCanonicalAlready({ path, query }: SignerCase): boolean {
  const names = query.split("&").map((pair) => pair.replace(/=.*/, ""));
  const isPlain = /^(?:[\w.~-]+=(?:[\w.~-]|%[0-9A-F]{2})*(?:&|$))*$/.test(query);
  return /^[\w.~/-]*$/.test(path) && isPlain && names.every((name, i) => i === 0 || name > (names[i - 1] ?? ""));
}

let server: VerifyingServer;
beforeAll(async () => {
  server = await startVerifyingServer();
});
afterAll(() => server[Symbol.asyncDispose]());

async function verdict({ method, path, query, headers }: SignerCase): Promise<string | undefined> {
  const token = { "x-amz-security-token": credentials.sessionToken };
  const all = { ...headers, ...token, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
  const { stdout } = await run("curl", [
    ...["--silent", "--show-error", "--path-as-is", "--globoff", "--max-time", "10"],
    ...["--aws-sigv4", `aws:amz:${region}:${service}`],
    ...["--user", `${credentials.accessKeyId}:${credentials.secretAccessKey}`],
    ...Object.entries(all).flatMap(([name, value]) => ["--header", `${name}: ${value}`]),
    ...(method === "HEAD" ? ["--head"] : ["--request", method, "--dump-header", "-", "--output", "/dev/null"]),
    `http://${server.host}${path}${query === "" ? "" : `?${query}`}`,
  ]);
  return /^x-verdict: (.*)\r$/m.exec(stdout)?.[1];
}

describe.skipIf(missing !== "")(`a request signed by curl${missing}`, () => {
  it.each(signerCases.filter(isCanonicalAlready))("counts: $name", async (one) => {
    expect(await verdict(one)).toBe("verified");
  });
});
