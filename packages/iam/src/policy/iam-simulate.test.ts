import { anonymousPrincipal, runSimulation } from "@cloud-copilot/iam-simulate";
import { describe, expect, it } from "vitest";
import type { AuthContext } from "../auth-context.ts";
import { compileAuthPolicy } from "./compiled-policy.ts";
import { findConditionKey } from "./condition-key.ts";
import { type GeneratedCase, generateCase, generatedKeys, seededRandom } from "./generated-case.ts";
import { differencesIn } from "./iam-simulate-differences.ts";

const pairs = Number(process.env.FUZZ_PAIRS ?? 1500);
const seed = Number(process.env.FUZZ_SEED ?? 20261123);

function contextVariables(context: AuthContext): Record<string, string | string[]> {
  const variables: Record<string, string | string[]> = {};
  for (const name of generatedKeys) {
    const value = findConditionKey(name)?.read(context);
    if (value !== undefined) variables[name] = typeof value === "string" ? value : [...value];
  }
  return variables;
}

/** @returns the Sids of the statements that match, by iam-simulate */
async function simulated({ policy, context }: GeneratedCase): Promise<string[]> {
  const { principal } = context;
  const result = await runSimulation(
    {
      request: {
        principal: principal.kind === "aws" ? principal.arn : anonymousPrincipal,
        action: context.action,
        resource: { resource: context.resource, accountId: context.serviceAccount },
        contextVariables: contextVariables(context),
      },
      identityPolicies: [],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: policy,
    },
    {},
  );
  if (result.resultType !== "single") throw new Error(JSON.stringify(result));
  const analysis = result.result.analysis.resourceAnalysis;
  if (analysis === undefined) throw new Error("no analysis of the resource policy");
  return [...analysis.allowStatements, ...analysis.denyStatements].map((one) => one.statement.sid() ?? "").toSorted();
}

function matched({ policy, context }: GeneratedCase): string[] {
  const { statements } = compileAuthPolicy(JSON.stringify(policy)).explain(context);
  return statements
    .filter((one) => one.matched)
    .map((one) => one.sid ?? "")
    .toSorted();
}

describe("beside iam-simulate", () => {
  it(`the same statements match in ${pairs} random pairs, but for the listed differences`, {
    timeout: 1_800_000,
  }, async () => {
    const random = seededRandom(seed);
    const unexplained: string[] = [];
    let plain = 0;
    let matches = 0;
    let differing = 0;
    for (let i = 0; i < pairs; i += 1) {
      const generated = generateCase(random);
      const [theirs, ours] = [await simulated(generated), matched(generated)];
      for (const statement of generated.policy.Statement) {
        const differences = differencesIn(statement, generated.context);
        const match = ours.includes(statement.Sid);
        if (differences.length === 0) plain += 1;
        if (match) matches += 1;
        if (match === theirs.includes(statement.Sid)) continue;
        differing += 1;
        if (differences.length === 0)
          unexplained.push(JSON.stringify({ pair: i, seed, match, statement, context: generated.context }));
      }
    }
    expect(unexplained).toEqual([]);
    // The comparison is worth something only while most statements have no difference in them and many match.
    expect(plain).toBeGreaterThan(pairs);
    expect(matches).toBeGreaterThan(pairs / 5);
    expect(differing).toBeLessThan(pairs / 10);
  });
});
