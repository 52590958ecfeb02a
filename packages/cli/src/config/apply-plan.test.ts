import { describe, expect, it } from "vitest";
import { type Api, ApiFailure } from "../api/api.ts";
import { CliFailure } from "../cli-failure.ts";
import { applySteps } from "./apply-plan.ts";
import { itemsOfDocument } from "./items-of-document.ts";
import { planChanges } from "./plan.ts";

type Answer = (method: string, path: string, attempt: number) => unknown;

/** Applies a file to an account where nothing is, on an API that answers like this. */
async function applied(answer: Answer, steps = stepsOf()) {
  const calls: string[] = [];
  const slept: number[] = [];
  const api: Api = {
    endpointUrl: "http://api.test",
    call: async (method, path) => {
      calls.push(`${method} ${path}`);
      return answer(method, path, calls.filter((call) => call === `${method} ${path}`).length);
    },
  };
  const outcomes = await applySteps(steps, [], new Map([["targetGroups/old", { id: "tg-old", arn: "arn:old" }]]), {
    api,
    sleep: async (ms) => void slept.push(ms),
  });
  const results = outcomes.map(({ step, failure }) => `${step.item.path}: ${failure ?? "done"}`);
  return { calls, results, slept: slept.reduce((sum, ms) => sum + ms, 0) };
}

function stepsOf(present: Record<string, { type: string }> = {}) {
  const services = { a: { listeners: { web: { protocol: "HTTP", defaultAction: { fixedResponse: 404 } } } }, b: {} };
  const desired = Object.keys(present).length > 0 ? {} : { services };
  return planChanges(
    itemsOfDocument({ pergola: 1, ...desired }),
    itemsOfDocument({ pergola: 1, targetGroups: present }),
  ).steps;
}

const refused = (message: string): ApiFailure => new ApiFailure("ConflictException", message);
const made = (path: string): unknown => ({ id: `id-${path.length}`, arn: "arn:x" });

describe("applying a plan", () => {
  it("a failure leaves the rest alone, but for what needs it", async () => {
    let first = true;
    const { results } = await applied((_method, path) => {
      if (path === "/services" && first) {
        first = false;
        throw new ApiFailure("ServiceQuotaExceededException", "too many");
      }
      if (path.endsWith("/listeners")) throw new ApiFailure("ValidationException", "bad");
      return made(path);
    });

    expect(results).toEqual(["services/b: done", "services/a: done", "services/a/listeners/web: bad"]);
  });

  it("what stays refused is reported once, and what needs it says so", async () => {
    const { results } = await applied(() => {
      throw new ApiFailure("ServiceQuotaExceededException", "too many");
    });

    expect(results).toEqual([
      "services/a: too many",
      "services/b: too many",
      "services/a/listeners/web: `services/a` is not there",
    ]);
  });

  it("targets that drain are waited for, and not for ever", async () => {
    const steps = stepsOf({ old: { type: "LAMBDA" } });
    const drained = await applied((_method, _path, attempt) => {
      if (attempt < 300) throw refused("TargetGroup tg-old has registered or draining targets");
      return {};
    }, steps);
    const never = await applied(() => {
      throw refused("TargetGroup tg-old has registered or draining targets");
    }, steps);

    expect(drained.results).toEqual(["targetGroups/old: done"]);
    expect(drained.slept).toBeGreaterThan(59_000);
    expect(never.results[0]).toContain("draining");
    expect(never.slept).toBeLessThanOrEqual(75_000);
  });

  it("another conflict is not waited for", async () => {
    const { slept, calls } = await applied(() => {
      throw refused("already exists");
    });

    expect(slept).toBe(0);
    expect(calls).toEqual(["POST /services", "POST /services"]);
  });

  it("ends at once when nobody answers: what happened is not known", async () => {
    const lost = new CliFailure("no Pergola answers", 1, { cause: new Error("ECONNREFUSED") });

    await expect(
      applied(() => {
        throw lost;
      }),
    ).rejects.toBe(lost);
  });
});
