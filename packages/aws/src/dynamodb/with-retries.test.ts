import { describe, expect, it } from "vitest";
import { isTransient } from "./transient-failure.ts";
import { RetriesExhausted, retryPause, withRetries } from "./with-retries.ts";

const limits = { deadlineMs: 2_000, attemptMs: 1_000 };
const failing = (times: number, error: Error) => {
  let tries = 0;
  return async () => {
    tries += 1;
    if (tries <= times) throw error;
    return tries;
  };
};

describe("retries", () => {
  it("end with the first success", async () => {
    expect(await withRetries(failing(3, new Error("no")), () => true, limits)).toBe(4);
  });

  it("do not happen after what cannot pass", async () => {
    const error = new Error("denied");
    const attempt = failing(1, error);

    await expect(withRetries(attempt, () => false, limits)).rejects.toBe(error);
    expect(await attempt()).toBe(2);
  });

  it("end at the deadline with the last error as the cause", async () => {
    const cause = new Error("busy");
    const error = await withRetries(failing(1e9, cause), () => true, { ...limits, deadlineMs: 150 }).catch((e) => e);

    expect(error).toBeInstanceOf(RetriesExhausted);
    expect(error.cause).toBe(cause);
  });

  it("leave no try longer than it may take, nor longer than the deadline", async () => {
    const hanging = (signal: AbortSignal) => new Promise((_, reject) => (signal.onabort = () => reject(signal.reason)));
    let tries = 0;
    const counted = (signal: AbortSignal) => {
      tries += 1;
      return hanging(signal);
    };

    await expect(withRetries(counted, () => false, { deadlineMs: 1_500, attemptMs: 20 })).rejects.toThrow(
      RetriesExhausted,
    );
    expect(tries).toBeGreaterThan(1);
    await expect(withRetries(hanging, () => false, { deadlineMs: 100, attemptMs: 600_000 })).rejects.toThrow(
      RetriesExhausted,
    );
  });

  it("stop during a pause when the caller gives up, with its reason", async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error("gave up")), 50);

    await expect(
      withRetries(failing(1e9, new Error("no")), () => true, { deadlineMs: 60_000, attemptMs: 1_000 }, abort.signal),
    ).rejects.toThrow("gave up");
  });

  it("pause longer and longer, up to a second", () => {
    expect([1, 2, 3, 6, 60].map((tries) => retryPause(tries, () => 1))).toEqual([50, 100, 200, 1000, 1000]);
    expect(retryPause(5, () => 0)).toBe(0);
  });
});

describe("a failure passes", () => {
  const named = (name: string, more: object = {}) => Object.assign(new Error(name), { name, ...more });
  it.each([
    [named("ThrottlingException"), true],
    [named("TransactionInProgressException"), true],
    [named("Unknown", { $metadata: { httpStatusCode: 503 } }), true],
    [named("Error", { code: "ECONNRESET" }), true],
    [named("ValidationException", { $metadata: { httpStatusCode: 400 } }), false],
    [named("AccessDeniedException"), false],
    [named("IdempotentParameterMismatchException"), false],
    ["ThrottlingException", false],
  ])("%s: %s", (error, passes) => {
    expect(isTransient(error)).toBe(passes);
  });
});
