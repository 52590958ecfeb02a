import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compileAuthPolicy } from "./compiled-policy.ts";
import { PolicyError } from "./finding.ts";
import { normaliseAuthPolicy } from "./normalise-policy.ts";
import { validateAuthPolicy } from "./validate-policy.ts";

function load<T>(file: string): readonly T[] {
  return JSON.parse(readFileSync(new URL(`cases/${file}.json`, import.meta.url), "utf8"));
}

interface ValidationCase {
  readonly name: string;
  readonly text: string;
  /** Severity, path and a part of the message, of every finding in order. */
  readonly findings: readonly (readonly [severity: string, path: string, message: string])[];
}

describe("findings", () => {
  it.each(load<ValidationCase>("validation"))("$name", ({ text, findings }) => {
    const found = validateAuthPolicy(text);
    expect(found.map(({ severity, path }) => [severity, path])).toEqual(
      findings.map(([severity, path]) => [severity, path]),
    );
    for (const [i, [, , message]] of findings.entries()) expect(found[i]?.message).toContain(message);
    if (findings.some(([severity]) => severity === "error")) expect(() => compileAuthPolicy(text)).toThrow(PolicyError);
    else expect(() => compileAuthPolicy(text)).not.toThrow();
  });

  it("carry the Sid of their statement", () => {
    const statement = { Sid: "public", Effect: "Allow", Principal: "*", Action: "*", Resource: "*" };
    expect(validateAuthPolicy(JSON.stringify({ Statement: statement }))).toMatchObject([{ sid: "public" }]);
  });

  it("refuse 10,241 bytes and take 10,240", () => {
    const text = '{"Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}';
    expect(validateAuthPolicy(text.padEnd(10_240))).toEqual([]);
    expect(validateAuthPolicy(text.padEnd(10_241))).toMatchObject([{ severity: "error", path: "" }]);
    // Two bytes each: the bound is of bytes, not of characters.
    expect(validateAuthPolicy("é".repeat(5121))[0]?.message).toContain("10242 bytes");
    expect(validateAuthPolicy(text.padEnd(10_241), { maxBytes: 36_864 })).toEqual([]);
  });

  it("are at most 500, and the policy is still refused", () => {
    const text = JSON.stringify({ Statement: Array(600).fill({}) });
    expect(validateAuthPolicy(text)).toHaveLength(500);
    expect(() => compileAuthPolicy(text)).toThrow(PolicyError);
  });
});

describe("normalisation", () => {
  it.each(load<{ name: string; text: string; expected: string }>("normalisation"))("$name", ({ text, expected }) => {
    expect(normaliseAuthPolicy(text)).toBe(expected);
    expect(normaliseAuthPolicy(expected)).toBe(expected);
  });

  it("refuses what is no policy", () => {
    expect(() => normaliseAuthPolicy('{"Statement":[]}')).toThrow(PolicyError);
  });
});
