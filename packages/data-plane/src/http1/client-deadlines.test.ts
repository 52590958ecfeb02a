import { describe, expect, it } from "vitest";
import { ClientDeadlines, type ClientPhase, type DueStep } from "./client-deadlines.ts";

const start = 1_000_000;
const times = { headersTimeout: 10_000, keepAliveTimeout: 60_000, maxConnectionDuration: 600_000 };

interface Case {
  readonly name: string;
  /** What has happened to the connection since its start. */
  readonly past?: (deadlines: ClientDeadlines) => void;
  readonly phase: ClientPhase;
  /** Milliseconds since the start. */
  readonly at: number;
  readonly due: DueStep;
}

/** A head was there at once. */
const hadHead = (deadlines: ClientDeadlines): void => deadlines.headEnds();

/** Its service waits for 30 seconds; something moved after 1 second. */
const inFlight = (deadlines: ClientDeadlines): void => {
  deadlines.headEnds();
  deadlines.waitFor(30_000);
  deadlines.activeAt = start + 1_000;
};

const active = (deadlines: ClientDeadlines): void => {
  deadlines.headEnds();
  deadlines.activeAt = start + 599_000;
};

const cases: readonly Case[] = [
  { name: "a first head is waited for", phase: "resting", at: 10_000, due: undefined },
  { name: "a first head that does not come", phase: "resting", at: 10_001, due: "cut" },
  { name: "a first head of which a part has come", phase: "in-head", at: 10_001, due: "refuse-head" },
  { name: "a rest between requests", past: hadHead, phase: "resting", at: 60_000, due: undefined },
  { name: "a rest that is too long", past: hadHead, phase: "resting", at: 60_001, due: "cut" },
  {
    name: "a second head has its own time",
    past: (deadlines) => {
      deadlines.headEnds();
      deadlines.headBegins(start + 20_000);
    },
    phase: "in-head",
    at: 30_000,
    due: undefined,
  },
  {
    name: "a second head that comes byte by byte",
    past: (deadlines) => {
      deadlines.headEnds();
      for (const at of [20_000, 24_000, 28_000]) {
        deadlines.headBegins(start + at);
        deadlines.activeAt = start + at;
      }
    },
    phase: "in-head",
    at: 30_001,
    due: "refuse-head",
  },
  {
    name: "a target has its time, and the answer for it a little more",
    past: inFlight,
    phase: "answering",
    at: 36_000,
    due: undefined,
  },
  { name: "nothing moves in a request", past: inFlight, phase: "answering", at: 36_001, due: "cut" },
  { name: "a slow reader is the socket's to time", past: inFlight, phase: "draining", at: 300_000, due: undefined },
  { name: "an upload that nobody reads", past: inFlight, phase: "dropping", at: 300_000, due: undefined },
  {
    name: "an upload that nobody reads, after its time",
    past: (deadlines) => deadlines.lingerUntil(start + 5_000),
    phase: "dropping",
    at: 5_000,
    due: "cut",
  },
  {
    name: "an upload that nobody reads, at its end in time",
    past: (deadlines) => {
      deadlines.headEnds();
      deadlines.lingerUntil(start + 5_000);
      deadlines.stopLingering();
    },
    phase: "resting",
    at: 5_000,
    due: undefined,
  },
  {
    name: "a lifetime that was looked at in time",
    past: (d) => void d.due(start + 540_000, "dropping"),
    phase: "answering",
    at: 600_000,
    due: "expire",
  },
  {
    name: "a lifetime that nobody looked at: the last call comes first",
    past: active,
    phase: "resting",
    at: 600_000,
    due: undefined,
  },
];

describe("what is due for a client's connection", () => {
  it.each(cases)("$name: $due at $at ms", ({ past, phase, at, due }) => {
    const deadlines = new ClientDeadlines(start, times);
    past?.(deadlines);

    expect(deadlines.due(start + at, phase)).toBe(due);
  });

  it("the last call comes with nine tenths of the lifetime, and the end a tenth after it, however late it came", () => {
    const deadlines = new ClientDeadlines(start, times);
    deadlines.due(start + 539_999, "dropping");
    expect(deadlines.isOld).toBe(false);
    deadlines.due(start + 700_000, "dropping");
    expect(deadlines.isOld).toBe(true);

    expect(deadlines.due(start + 759_999, "dropping")).toBeUndefined();
    expect(deadlines.due(start + 760_000, "dropping")).toBe("expire");
  });

  it("a last call that comes early shortens the lifetime, and is not put off by a second one", () => {
    const deadlines = new ClientDeadlines(start, times);
    deadlines.callLast(start + 1_000);
    deadlines.callLast(start + 50_000);

    expect(deadlines.due(start + 61_000, "dropping")).toBe("expire");
  });

  it("a tunnel has what is left of the lifetime, and the silence that the service allows", () => {
    const deadlines = new ClientDeadlines(start, times);
    deadlines.waitFor(30_000);

    expect(deadlines.tunnelTimes(start + 100_000)).toEqual({ idleTimeout: 30_000, maxDuration: 500_000 });
  });
});
