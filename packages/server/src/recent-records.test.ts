import type { AccessRecord } from "@pergola/core";
import { describe, expect, it } from "vitest";
import { createRecentRequests } from "./recent-records.ts";

function record(requestId: string, fields: Partial<AccessRecord> = {}): AccessRecord {
  return { requestId, userAgent: "-", hostHeader: "-", ...fields } as AccessRecord;
}
const any = (): boolean => true;

describe("recent requests", () => {
  it("are found by id with their listener port, and only those", () => {
    const recent = createRecentRequests(4);
    recent.add(record("a"), 80, 1);
    recent.add(record("b"), 65_535, 1);

    expect(recent.find("b", any)).toEqual({ record: record("b"), listenerPort: 65_535 });
    expect(recent.find("c", any)).toBeUndefined();
  });

  it("are the last ones, however often the ring goes around", () => {
    const recent = createRecentRequests(3);
    for (let i = 0; i < 11; i += 1) recent.add(record(String(i)), i, 1);

    expect([7, 8, 9, 10, 11].map((i) => recent.find(String(i), any)?.listenerPort)).toEqual([
      undefined,
      8,
      9,
      10,
      undefined,
    ]);
  });

  it("give the newest of an id that came twice, of those that may be seen", () => {
    const recent = createRecentRequests(3);
    recent.add(record("a", { serviceArn: "mine" }), 1, 1);
    recent.add(record("a", { serviceArn: "theirs" }), 2, 1);

    expect(recent.find("a", any)?.listenerPort).toBe(2);
    expect(recent.find("a", ({ serviceArn }) => serviceArn === "mine")?.listenerPort).toBe(1);
    expect(recent.find("a", () => false)).toBeUndefined();
  });

  it("make room for long targets, headers and ids by dropping the oldest", () => {
    const recent = createRecentRequests(100, 1_000);
    recent.add(record("a"), 1, 400);
    recent.add(record("b", { userAgent: "u".repeat(400) }), 2, 1);
    recent.add(record("c", { hostHeader: "h".repeat(400) }), 3, 1);
    expect(["a", "b", "c"].map((id) => recent.find(id, any)?.listenerPort)).toEqual([undefined, 2, 3]);

    recent.add(record("huge"), 4, 100_000);
    recent.add(record("d"), 5, 1);
    expect(["b", "c", "huge", "d"].map((id) => recent.find(id, any)?.listenerPort)).toEqual([
      undefined,
      undefined,
      undefined,
      5,
    ]);
  });
});
