import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { goProgram } from "../clients/go-program.ts";
import { pythonTool } from "../clients/python-tools.ts";
import { dotSegments, type SignerCase, signerCases } from "./cases.ts";
import { credentials, region, service, startVerifyingServer, type VerifyingServer } from "./verifying-server.ts";

interface Program {
  readonly name: string;
  /** Why it cannot run here, `""` when it can. */
  readonly missing: string;
  readonly command: () => Promise<readonly [string, ...string[]]>;
  /** What becomes of a path with dot segments, which Go's signer alone leaves as they are. */
  readonly dotSegments: string;
  /** Names of cases that this signer signs otherwise than AWS documents. */
  readonly refused: readonly string[];
}

const optIn = process.env.SIGNERS === "all" ? "" : " (skipped: set SIGNERS=all, it fetches packages)";
const lacks = (tool: string, flag: string): string =>
  optIn || (spawnSync(tool, [flag]).error === undefined ? "" : ` (skipped: ${tool} is not installed)`);

const programs: readonly Program[] = [
  {
    name: "botocore",
    missing: lacks("python3", "--version"),
    command: async () => [await pythonTool("python3"), fileURLToPath(new URL("sign_and_send.py", import.meta.url))],
    dotSegments: "signature-mismatch",
    refused: [],
  },
  {
    name: "aws-sdk-go-v2",
    missing: lacks("go", "version"),
    command: async () => [await goProgram(fileURLToPath(new URL("go", import.meta.url)))],
    dotSegments: "verified",
    // Go sorts names before encoding them, AWS's documentation after: `é` is then on the other side of `a`.
    refused: ["query with encoded UTF-8"],
  },
];

let server: VerifyingServer;
beforeAll(async () => {
  server = await startVerifyingServer();
});
afterAll(() => server[Symbol.asyncDispose]());

describe.each(programs)("a request signed by $name$missing", (program) => {
  const cases = [...signerCases, dotSegments];
  let verdicts: readonly string[] = [];

  beforeAll(async () => {
    if (program.missing === "") verdicts = await runProgram(program, cases);
  }, 300_000);

  it.skipIf(program.missing !== "").each(signerCases)("counts: $name", (one) => {
    const expected = program.refused.includes(one.name) ? "signature-mismatch" : "verified";
    expect(verdicts[cases.indexOf(one)]).toBe(expected);
  });

  it.skipIf(program.missing !== "")(`with dot segments is ${program.dotSegments}`, () => {
    expect(verdicts[cases.indexOf(dotSegments)]).toBe(program.dotSegments);
  });
});

async function runProgram({ command }: Program, cases: readonly SignerCase[]): Promise<readonly string[]> {
  const { host, port } = server;
  const [file, ...args] = await command();
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify({ host, port, region, service, credentials, cases }));
  let output = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) output += chunk;
  return JSON.parse(output);
}
