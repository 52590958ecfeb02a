import { expect, it } from "vitest";
import { openRawTarget } from "../testing/raw-target.ts";
import { host, openSocket, openWorld } from "../testing/world.ts";
import { ReadMemory } from "./read-memory.ts";

it("gives the memory of a connection to a target back with its end, not with the next collection of garbage", async () => {
  const count = 100;
  let waiting = 0;
  const target = await openRawTarget((socket) => {
    waiting += 1;
    socket.on("close", () => {
      waiting -= 1;
    });
  });
  const world = await openWorld();
  await world.putTargets(target);
  const before = process.memoryUsage().arrayBuffers;
  const clients = await Promise.all(Array.from({ length: count }, () => openSocket(world.port)));
  for (const client of clients) client.write(`GET / HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
  await expect.poll(() => waiting, { timeout: 4_000 }).toBe(count);
  for (const client of clients) client.destroy();
  await expect.poll(() => waiting).toBe(0);

  await expect.poll(() => process.memoryUsage().arrayBuffers - before).toBeLessThan(count * 16 * 1024);
});

it("the memory of a closed connection is gone", () => {
  const memory = new ReadMemory();
  const buffer = memory.next();
  memory.release();
  expect(buffer.length).toBe(0);
});

it("the memory of a closed connection stays where somebody still reads what came", () => {
  const memory = new ReadMemory();
  const buffer = memory.next();
  memory.isHeld = true;
  memory.release();
  expect(buffer.length).toBe(64 * 1024);
});

it("the next read does not write to what somebody still reads, and what it wrote to goes with the connection", () => {
  const memory = new ReadMemory();
  const held = memory.next();
  memory.isHeld = true;
  const next = memory.next();
  memory.release();
  expect([held.length, next.length]).toEqual([64 * 1024, 0]);
});
