import { once } from "node:events";
import { Agent, type IncomingMessage, request, type ServerResponse } from "node:http";
import { expect, it } from "vitest";
import { openRawTarget } from "../testing/raw-target.ts";
import { host, openSocket, openTarget, openWorld, pause } from "../testing/world.ts";
import { ReadMemory } from "./read-memory.ts";
import { largeSize, usualSize } from "./spare-memory.ts";

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

it("reads into what was held once nobody reads it any more", () => {
  const memory = new ReadMemory();
  const held = memory.next();
  memory.isHeld = true;
  const next = memory.next();
  memory.takeBack();
  memory.isHeld = true;
  expect([next === held, memory.next() === held]).toEqual([false, true]);
});

it("does not read into what is still held, however many reads come", () => {
  const memory = new ReadMemory();
  const seen = new Set<Buffer>();
  for (let read = 0; read < 5; read += 1) {
    seen.add(memory.next());
    memory.isHeld = true;
  }
  expect(seen.size).toBe(5);
});

it("memory of a large response is read into again only once its client has everything", () => {
  const holder = { holdsPieces: true };
  const first = new ReadMemory();
  const usual = first.next();
  first.noteRead(usualSize, usual);
  const large = first.next();
  first.isHeld = true;
  first.reset(holder);
  const takesLarge = (): Buffer => {
    const memory = new ReadMemory();
    memory.noteRead(usualSize, memory.next());
    return memory.next();
  };
  const meanwhile = Array.from({ length: 20 }, takesLarge);
  holder.holdsPieces = false;
  const later = Array.from({ length: 20 }, takesLarge);
  expect([large.length, meanwhile.includes(large), later.includes(large)]).toEqual([largeSize, false, true]);
});

/** Bytes that say whose they are, and where; more than the system keeps for a client that reads nothing. */
function bodyOf(seed: number): Buffer {
  const body = Buffer.alloc(10 << 20);
  for (let at = 0; at < body.length; at += 4) body.writeUInt32LE((at ^ (seed * 0x01000193)) >>> 0, at);
  return body;
}

/** As they would come from a target that makes its response as it goes: each piece is a read of its own. */
async function sendPieces(answer: ServerResponse, body: Buffer, size: number): Promise<void> {
  for (let at = 0; at < body.length && !answer.destroyed; at += size) {
    if (!answer.write(body.subarray(at, at + size))) await Promise.race([once(answer, "drain"), once(answer, "close")]);
    else await new Promise(setImmediate);
  }
  answer.end();
}

it.each([
  ["as fast as it goes", 10 << 20],
  ["in pieces of 20 KB", 20 * 1024],
])("slow readers get what is theirs, response after response, %s, while others go away", async (_, size) => {
  const bodies = Array.from({ length: 4 }, (_, seed) => bodyOf(seed));
  const target = await openTarget((incoming, answer) => {
    void sendPieces(answer, bodies[Number(incoming.url?.slice(1))] as Buffer, size);
  });
  const world = await openWorld();
  await world.putTargets(target);
  const get = (agent: Agent, seed: number): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const options = { port: world.port, host: "127.0.0.1", headers: { host }, agent, path: `/${seed}` };
      request(options, resolve).on("error", reject).end();
    });
  const read = async (seed: number, leaves: boolean): Promise<boolean> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let isSame = true;
    for (let turn = 0; turn < 2; turn += 1) {
      const incoming = await get(agent, seed);
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) {
        chunks.push(chunk);
        if (chunks.length === 10) await pause(300 + 100 * seed);
        if (leaves && chunks.length > 40) break;
      }
      if (!leaves) isSame = isSame && Buffer.concat(chunks).equals(bodies[seed] as Buffer);
    }
    agent.destroy();
    return isSame;
  };
  const readers = bodies.flatMap((_, seed) => [read(seed, false), read(seed, seed % 2 === 0)]);
  expect(await Promise.all(readers)).not.toContain(false);
});
