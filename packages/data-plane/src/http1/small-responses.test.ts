import { expect, it } from "vitest";
import { ask, openSession } from "../testing/http2-client.ts";
import { openRawTarget } from "../testing/raw-target.ts";
import { host, openWorld, sendRaw, statuses, type World } from "../testing/world.ts";

/** A world whose target sends these pieces, each in a packet of its own, to each request. */
async function openAnswering(pieces: (path: string) => readonly string[]): Promise<World> {
  const world = await openWorld();
  const target = await openRawTarget((socket, received) => {
    const path = received.slice(received.lastIndexOf("GET ")).split(" ")[1] ?? "";
    for (const [index, piece] of pieces(path).entries()) {
      if (index === 0) socket.write(piece, "latin1");
      else setTimeout(() => socket.write(piece, "latin1"), index * 20);
    }
  });
  await world.putTargets(target);
  return world;
}

const get = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;
const last = "Connection: close\r\n";
const counted = (body: string, length = body.length): string =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${body}`;
const bodyOf = (raw: string): string => raw.slice(raw.lastIndexOf("\r\n\r\n") + 4);
const everyByte = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");

it.each<[string, readonly string[]]>([
  ["its head and body in one packet", [counted(everyByte)]],
  ["its head in a packet of its own", [counted("", 256), everyByte]],
  ["its body in two packets", [counted(everyByte.slice(0, 100), 256), everyByte.slice(100)]],
  ["all but its first byte in one packet", ["H", counted(everyByte).slice(1)]],
  ["an interim response before it in its packet", [`HTTP/1.1 103 Early Hints\r\n\r\n${counted(everyByte)}`]],
])("passes a small response on to any client: %s", async (_name, pieces) => {
  const world = await openAnswering(() => pieces);
  const raw = await sendRaw(world.port, get("/", last));
  const old = await sendRaw(world.port, `GET / HTTP/1.0\r\nHost: ${host}\r\n\r\n`);
  const { body } = await ask(openSession(world.port));

  expect([bodyOf(raw), bodyOf(old), body.toString("latin1")]).toEqual([everyByte, everyByte, everyByte]);
  const [first] = await world.records(3);
  expect(first?.bytesSent).toBe(raw.length);
});

it.each([-1, 0, 1, 4_096])("passes a response on that has 4 KB and %i bytes with its head", async (more) => {
  const body = everyByte.repeat(32).slice(0, 4_096 + more - counted("", 1_000).length);
  const world = await openAnswering(() => [counted(body)]);

  const raw = await sendRaw(world.port, [get("/"), get("/", last)]);

  expect(statuses(raw)).toEqual([200, 200]);
  expect(raw.split(body)).toHaveLength(3);
});

it("answers in the order of the requests, though the first response comes last", async () => {
  const world = await openAnswering((path) =>
    path === "/0" ? ["H", "TTP/1.1 200 OK\r\n", counted("<0>").slice(17)] : [counted(`<${path.slice(1)}>`)],
  );

  const raw = await sendRaw(world.port, get("/0") + get("/1") + get("/2") + get("/3", last));

  expect(raw.match(/<\d>/g)).toEqual(["<0>", "<1>", "<2>", "<3>"]);
  const sent = (await world.records(4)).reduce((sum, record) => sum + record.bytesSent, 0);
  expect(sent).toBe(raw.length);
});

it.each<[string, string]>([
  [get("/").replace("GET", "HEAD"), counted("hello")],
  [get("/"), counted("hello").replace("200 OK", "204 No Content")],
  [get("/"), counted("hello").replace("200 OK", "304 Not Modified")],
])("passes nothing on that comes behind a response without a body", async (request, answer) => {
  const world = await openAnswering(() => [answer]);

  const raw = await sendRaw(world.port, [request, request]);

  expect(statuses(raw)).toHaveLength(2);
  expect(raw).not.toContain("hello");
});

it("waits for the rest of a response that is shorter than it says, and passes on no more than it says", async () => {
  const world = await openAnswering((path) => [counted("hello", path === "/short" ? 6 : 4)]);

  const [short, long] = [await sendRaw(world.port, get("/short")), await sendRaw(world.port, get("/long"))];

  expect([bodyOf(short), bodyOf(long)]).toEqual(["hello", "hell"]);
  expect(await world.records(2)).toHaveLength(2);
});
