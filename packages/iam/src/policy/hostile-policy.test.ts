// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import { withinBound } from "@pergola/core/testing/within-bound";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AuthContext } from "../auth-context.ts";
import { compileAuthPolicy } from "./compiled-policy.ts";
import { exampleContext, exampleStatement as statement } from "./example-context.ts";
import { PolicyError } from "./finding.ts";
import { generateCase, seededRandom } from "./generated-case.ts";
import { parseJson, printJson } from "./policy-json.ts";
import { validateAuthPolicy } from "./validate-policy.ts";

const seconds = Number(process.env.FUZZ_SECONDS ?? 2);
const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000);
/**
 * Validates, compiles and decides, which are some milliseconds.
 * @throws when anything but a PolicyError escapes, or it takes more than it may
 */
function exercise(text: string, context: AuthContext): void {
  withinBound(() => validateAndDecide(text, context));
}

function validateAndDecide(text: string, context: AuthContext): void {
  const failed = validateAuthPolicy(text).some(({ severity }) => severity === "error");
  try {
    const policy = compileAuthPolicy(text);
    if (failed) throw new Error("compiled in spite of errors");
    policy.decide(context);
    policy.explain(context);
  } catch (error) {
    if (!(error instanceof PolicyError) || !failed) throw error;
  }
}

const document = (statements: unknown): string => JSON.stringify({ Version: "2012-10-17", Statement: statements });
/** Several times of what a request can have. */
const long = exampleContext({
  path: `/${"a".repeat(40_000)}`,
  query: "q=a&".repeat(10_000),
  rawHeaders: Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? "x-v" : "a".repeat(200))),
});

describe("policies made to cost time", () => {
  const path = "vpc-lattice-svcs:RequestPath";
  const header = "vpc-lattice-svcs:RequestHeader/x-v";
  const cases: readonly (readonly [name: string, text: string])[] = [
    ["stars", document(statement({ Resource: `*${"a*".repeat(5000)}b` }))],
    ["stars in a condition", document(statement({ Condition: { StringLike: { [path]: `${"*a".repeat(4900)}b` } } }))],
    ["question marks", document(statement({ Condition: { StringLike: { [path]: `*${"a?".repeat(4900)}b*` } } }))],
    ["many patterns", document(statement({ Condition: { StringLike: { [path]: Array(700).fill("*a*a*a*b*") } } }))],
    [
      "a caller's text as pattern",
      document(statement({ Condition: { StringLike: { [path]: `*\${${header}}?*\${${header}}b*` } } })),
    ],
    ["many variables", document(statement({ Condition: { StringLike: { [path]: `\${${header}}*`.repeat(200) } } }))],
    [
      "query keys",
      document(
        Array.from({ length: 30 }, (_, i) =>
          statement({ Condition: { StringEquals: { [`vpc-lattice-svcs:RequestQueryString/${i}`]: "b" } } }),
        ),
      ),
    ],
    ["as many statements as fit", document(Array(150).fill(statement({})))],
    ["a thousand statements", document(Array(1000).fill({}))],
    ["nesting of lists", "[".repeat(10_000)],
    ["nesting of objects", '{"a":'.repeat(2000)],
    ["one long string", `"${"\\".repeat(10_000)}`],
    ["one long number", "1".repeat(10_000)],
    ["many members", `{${Array.from({ length: 1500 }, (_, i) => `"${i}":1`).join(",")}}`],
    ["a long key", document(statement({ Condition: { StringEquals: { [`aws:${"x".repeat(9000)}`]: "a" } } }))],
    ["a long variable", document(statement({ Resource: `arn:\${${" ".repeat(9000)}}` }))],
    ["opened variables", document(statement({ Resource: "${".repeat(4500) }))],
    [
      "a long principal",
      document(statement({ Principal: { AWS: `arn:aws:iam::111122223333:role/${"a/".repeat(4500)}` } })),
    ],
  ];

  it.each(cases)("%s", (_name, text) => {
    exercise(text, long);
  });

  it("a random mix", () => {
    const piece = fc.constantFrom(
      "*",
      "?",
      "a",
      "aa",
      "ab",
      ":",
      "/",
      "arn:",
      "${aws:username}",
      "${*}",
      `\${${header}}`,
    );
    const text = fc.array(piece, { maxLength: 800 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(text, fc.constantFrom("StringLike", "ArnLike", "ForAllValues:StringNotLike"), (value, operator) => {
        const policy = document([
          statement({ Resource: `*${value}` }),
          statement({ Condition: { [operator]: { [path]: value } } }),
        ]);
        exercise(policy, long);
      }),
      { numRuns: 200 },
    );
  });
});

describe("the JSON reader", () => {
  it("reads and prints what JSON.parse does", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => {
        expect(JSON.parse(printJson(parseJson(text).value))).toEqual(JSON.parse(text));
      }),
      { numRuns: 2000 },
    );
  });

  it("refuses what JSON.parse refuses", () => {
    const text = fc.array(fc.constantFrom(...'{}[]",:0123.eE-+\\u truefalsn \n\t'.split("")), { maxLength: 12 });
    fc.assert(
      fc.property(text, (chars) => {
        const source = chars.join("");
        expect(accepts(parseJson, source)).toBe(accepts(JSON.parse, source));
      }),
      { numRuns: 20_000 },
    );
  });
});

function accepts(parse: (text: string) => unknown, text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

it(`random and broken policies for ${seconds} s: findings or a PolicyError, nothing else`, {
  timeout: seconds * 1000 + 30_000,
}, () => {
  const random = seededRandom(seed);
  const end = performance.now() + seconds * 1000;
  let valid = 0;
  let broken = 0;
  while (performance.now() < end) {
    const { policy, context } = generateCase(random);
    const bytes = Buffer.from(JSON.stringify(policy));
    for (let n = random(4); n > 0; n -= 1) mutate(bytes, random);
    const text = bytes.subarray(0, random(20) === 0 ? random(bytes.length) : bytes.length).toString("utf8");
    try {
      exercise(text, context);
    } catch (cause) {
      throw new Error(`seed ${seed}: ${text}`, { cause });
    }
    if (accepts(compileAuthPolicy, text)) valid += 1;
    else broken += 1;
  }
  expect(valid, `seed ${seed}`).toBeGreaterThan(0);
  expect(broken, `seed ${seed}`).toBeGreaterThan(0);
});

const tokens = ['"', "{", "}", "[", "]", ",", ":", "*", "?", "$", "\\", "null", "0", "é", "\u0000", "__proto__", "Not"];

function mutate(bytes: Buffer, random: (below: number) => number): void {
  const at = random(bytes.length);
  if (random(2) === 0) bytes[at] = random(256);
  else bytes.write(tokens[random(tokens.length)] as string, at);
}
