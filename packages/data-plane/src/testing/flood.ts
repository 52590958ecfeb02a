import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { openRawTarget, type RawTarget } from "./raw-target.ts";

/** A target that sends far more than buffers hold. */
export interface Flood extends RawTarget {
  /** How many of its 64 MiB it has got rid of. */
  written(): number;
}

const mebibyte = Buffer.alloc(1024 * 1024);

/** @param first what each connection is told before that */
export async function openFlood(first: string | undefined): Promise<Flood> {
  let written = 0;
  const target = await openRawTarget((socket) => {
    if (first !== undefined) socket.write(first);
    const more = (): void => {
      while (written < 64 && socket.write(mebibyte)) written += 1;
    };
    socket.on("drain", more);
    more();
  });
  return { ...target, written: () => written };
}

/**
 * Checks that a target is read no faster than its client reads, and that nothing is missing in the end.
 * @param socket the client's, paused, with its request sent
 */
export async function expectFloodHeldBack(flood: Flood, socket: Socket): Promise<void> {
  await expect.poll(flood.written).toBeGreaterThan(0);
  await sleep(300);
  // What is under way is in the buffers of three sockets: a few megabytes, not 64.
  expect(flood.written()).toBeLessThan(32);
  let read = 0;
  socket.on("data", (chunk) => {
    read += chunk.length;
  });
  socket.resume();
  await expect.poll(() => read, { timeout: 10_000 }).toBeGreaterThan(63 * 1024 * 1024);
}
