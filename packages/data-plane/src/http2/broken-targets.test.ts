import { connect, createServer, type Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { ask, openSession } from "../testing/http2-client.ts";
import { openHttp2Target, targetGroups } from "../testing/http2-target.ts";
import { endHeaders, endStream, frame, frameTypes, headerBlock } from "../testing/raw-http2-client.ts";
import { openWorld, pause, type World } from "../testing/world.ts";
import { preface } from "./grammar.ts";

async function openHttp2World(idleTimeoutSeconds = 60): Promise<World> {
  const world = await openWorld();
  await world.putService({ targetGroups: targetGroups({}), idleTimeoutSeconds });
  return world;
}

type Place = { readonly id: string; readonly port: number };

async function listen(onSocket: (socket: Socket) => void): Promise<Place> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { id: "127.0.0.1", port: (server.address() as { port: number }).port };
}

/** A target that answers the first request of each connection with whatever frames. */
function openBrokenTarget(answer: readonly Buffer[]): Promise<Place> {
  return listen((socket) => {
    let received = Buffer.alloc(0);
    let hasAnswered = false;
    socket.write(frame(frameTypes.settings, 0, 0));
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (hasAnswered || !hasRequest(received)) return;
      hasAnswered = true;
      socket.write(Buffer.concat([frame(frameTypes.settings, 1, 0), ...answer]));
    });
  });
}

function hasRequest(bytes: Buffer): boolean {
  for (let at = preface.length; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
    if (bytes[at + 3] === frameTypes.headers) return true;
  }
  return false;
}

const head = (fields: readonly (readonly [string, string])[], flags = endHeaders | endStream): Buffer =>
  frame(frameTypes.headers, flags, 1, headerBlock(fields));
const data = (text: string, flags = endStream): Buffer => frame(frameTypes.data, flags, 1, Buffer.from(text));
const ok = [":status", "200"] as const;

/** What is no response: the client gets a 502, or sees that its response is broken, and never takes it for whole. */
const broken: readonly (readonly [string, readonly Buffer[]])[] = [
  ["no status", [head([["x", "1"]])]],
  ["a status of letters", [head([[":status", "abc"]])]],
  ["101", [head([[":status", "101"]])]],
  ["100 as its end", [head([[":status", "100"]])]],
  ["a pseudo-header of requests", [head([ok, [":path", "/"]])]],
  ["a status behind other headers", [head([["x", "1"], ok])]],
  ["a name in upper case", [head([ok, ["X", "1"]])]],
  ["transfer-encoding", [head([ok, ["transfer-encoding", "chunked"]])]],
  ["connection", [head([ok, ["connection", "close"]])]],
  ["data before its head", [data("x")]],
  ["two lengths", [head([ok, ["content-length", "1"], ["content-length", "2"]], endHeaders), data("x")]],
  ["fewer bytes than its length", [head([ok, ["content-length", "5"]], endHeaders), data("x")]],
  ["more bytes than its length", [head([ok, ["content-length", "1"]], endHeaders), data("xyz")]],
  ["trailers with a pseudo-header", [head([ok], endHeaders), data("x", 0), head([ok])]],
  ["trailers that do not end it", [head([ok], endHeaders), data("x", 0), head([["x", "1"]], endHeaders)]],
  ["a frame that is too large", [frame(frameTypes.headers, endHeaders, 1, Buffer.alloc(20_000))]],
  ["a header block that is none", [frame(frameTypes.headers, endHeaders, 1, Buffer.from([0xff, 0xff, 0xff, 0xff]))]],
  ["300 headers", [head([ok, ...Array.from({ length: 300 }, (_one, at) => [`x-${at}`, "1"] as const)])]],
  [
    "interim responses without end",
    [...Array.from({ length: 40 }, () => head([[":status", "103"]], endHeaders)), head([ok])],
  ],
  ["HTTP/1.1", [Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")]],
  ["a pushed response", [frame(5, endHeaders, 1, Buffer.concat([Buffer.from([0, 0, 0, 2]), headerBlock([ok])]))]],
];

it.each(broken)("does not let a response pass that has %s", async (_name, frames) => {
  const world = await openHttp2World();
  await world.putTargets(await openBrokenTarget(frames));
  const session = openSession(world.port);

  const reply = await ask(session).catch((error: Error) => error);

  if (reply instanceof Error) expect(reply.message).toContain("NGHTTP2_INTERNAL_ERROR");
  else expect(reply.status).toBe(502);
  expect((await world.records(1))[0]?.failureReason).toBeOneOf(["TargetProtocolError", "TargetConnectionClosed"]);
  expect((await ask(session, { ":authority": "nobody.example.com" })).status).toBe(404);
});

it("gives a connection up on which nothing comes back, so that only one request waits for it", async () => {
  const world = await openHttp2World(1);
  const target = await openHttp2Target((stream) => {
    stream.respond({ ":status": 200 });
    stream.end();
  });
  const links: { readonly near: Socket; readonly far: Socket }[] = [];
  const wire = await listen((near) => {
    const far = connect(target.port, "127.0.0.1");
    far.on("error", () => undefined);
    near.pipe(far).pipe(near);
    links.push({ near, far });
  });
  await world.putTargets(wire);
  const session = openSession(world.port);
  expect((await ask(session)).status).toBe(200);
  // The network swallows everything from now on, and says nothing.
  links[0]?.near.unpipe();
  links[0]?.far.unpipe();

  expect((await ask(session)).status).toBe(504);
  expect((await ask(session)).status).toBe(200);
  expect(links).toHaveLength(2);
});

it("closes connections when the data plane closes", async () => {
  const world = await openHttp2World();
  const target = await openHttp2Target((stream) => {
    stream.respond({ ":status": 200 });
    stream.end();
  });
  await world.putTargets(target);
  expect((await ask(openSession(world.port))).status).toBe(200);
  await world.plane.close(100);
  await pause(50);
  await expect.poll(() => target.sessions[0]?.destroyed).toBe(true);
});
