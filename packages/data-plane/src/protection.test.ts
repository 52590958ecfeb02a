import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { host, openTarget, openWorld, send } from "./testing/world.ts";

/** Accepts connections and closes them without an answer. */
async function openBrokenTarget() {
  const server = createServer((socket) => void socket.once("data", () => socket.destroy()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  return { id: "127.0.0.1", port: (server.address() as { port: number }).port };
}

describe("a target that answers nothing", () => {
  it("is called no more after five failures, and again after its time", async () => {
    const world = await openWorld({ options: { outlierEjection: 400 } });
    const good = await openTarget((_req, res) => res.end("good"));
    await world.putTargets(good, await openBrokenTarget());

    const statuses: number[] = [];
    for (let i = 0; i < 20; i += 1) statuses.push((await send(world.port, "/", { method: "POST" })).status);

    expect(statuses.filter((status) => status === 502)).toHaveLength(5);
    expect(statuses.slice(10)).toEqual(Array(10).fill(200));
    expect(world.plane.metrics()).toMatchObject({ ejections: 1 });
    expect(world.warnings).toContainEqual(
      expect.objectContaining({ message: "target set aside", details: expect.objectContaining({ failures: 5 }) }),
    );
    await pause(450);
    const later: number[] = [];
    for (let i = 0; i < 4; i += 1) later.push((await send(world.port, "/", { method: "POST" })).status);
    expect(later.filter((status) => status === 502)).toHaveLength(1);
    expect(world.plane.metrics()).toMatchObject({ ejections: 2 });
  });

  it("is still known when the group is compiled anew", async () => {
    const world = await openWorld();
    const [good, other, broken] = [
      await openTarget((_req, res) => res.end("good")),
      await openTarget((_req, res) => res.end("other")),
      await openBrokenTarget(),
    ];
    await world.putTargets(good, broken);
    for (let i = 0; i < 10; i += 1) await send(world.port, "/", { method: "POST" });
    await world.putTargets(good, broken, other);

    const statuses: number[] = [];
    for (let i = 0; i < 9; i += 1) statuses.push((await send(world.port, "/", { method: "POST" })).status);
    expect(statuses).toEqual(Array(9).fill(200));
  });
});

describe("a service's rate", () => {
  it("lets as many requests through as it may have, answers 429 to the rest, and says so in the record", async () => {
    const world = await openWorld({ options: { serviceRate: 10 } });
    await world.putTargets(await openTarget((_req, res) => res.end("ok")));

    const answers = await Promise.all(Array.from({ length: 30 }, () => send(world.port, "/")));

    const passed = answers.filter(({ status }) => status === 200).length;
    expect(passed).toBeGreaterThanOrEqual(10);
    expect(passed).toBeLessThan(20);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(30 - passed);
    const records = await world.records(30);
    const limited = records.filter(({ responseCode }) => responseCode === 429);
    expect(new Set(limited.map(({ failureReason }) => failureReason))).toEqual(new Set(["ClientRateLimited"]));
    await pause(1_100);
    expect((await send(world.port, "/")).status).toBe(200);
  });

  it("does not count requests that find no service", async () => {
    const world = await openWorld({ options: { serviceRate: 1 } });
    await world.putTargets(await openTarget((_req, res) => res.end("ok")));
    for (let i = 0; i < 5; i += 1) await send(world.port, "/", { headers: { host: `x.${host}` } });
    expect((await send(world.port, "/")).status).toBe(200);
  });
});
