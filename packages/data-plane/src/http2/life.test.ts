import { once } from "node:events";
import { constants } from "node:http2";
import { expect, it } from "vitest";
import { ask, openSession } from "../testing/http2-client.ts";
import { endHeaders, endStream, frame, frameTypes, headerBlock, openRawClient } from "../testing/raw-http2-client.ts";
import { openRawTarget } from "../testing/raw-target.ts";
import { host, openSocket, openTarget, openWorld, pause } from "../testing/world.ts";
import { preface } from "./grammar.ts";

const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR, NGHTTP2_INTERNAL_ERROR } = constants;

it("drains: says so, serves what crosses with that, and closes", async () => {
  const world = await openWorld();
  let arrived = 0;
  await world.putTargets(
    await openTarget((_req, res) => {
      arrived += 1;
      setTimeout(() => res.end("finished"), 200);
    }),
  );
  const session = openSession(world.port);
  const idle = openSession(world.port);
  await once(idle, "remoteSettings");
  const first = ask(session);
  await expect.poll(() => arrived).toBe(1);

  const closed = world.plane.close(5_000);
  // On its way while the server says that it goes.
  const second = ask(session);

  expect((await second).body.toString()).toBe("finished");
  expect((await first).body.toString()).toBe("finished");
  await closed;
  await expect.poll(() => idle.destroyed && session.destroyed).toBe(true);
  expect((await world.records(2)).map(({ failureReason }) => failureReason)).toEqual(["-", "-"]);
  expect(arrived).toBe(2);
});

it("cuts what is still in flight at the deadline of its close", async () => {
  const world = await openWorld();
  const arrived = Promise.withResolvers<void>();
  await world.putTargets(await openTarget(() => arrived.resolve()));
  const session = openSession(world.port);
  const reply = ask(session).catch((error: Error) => error);
  await arrived.promise;

  await world.plane.close(50);

  expect(await reply).toBeInstanceOf(Error);
  expect(await world.records(1)).toHaveLength(1);
});

it("closes a connection that idles, after telling its client", async () => {
  const world = await openWorld({ options: { keepAliveTimeout: 200 } });
  await world.putTargets(await openTarget((_req, res) => res.end()));
  const session = openSession(world.port);
  const told = once(session, "goaway");
  expect((await ask(session)).status).toBe(200);

  expect((await told)[0]).toBe(NGHTTP2_NO_ERROR);
  await expect.poll(() => session.destroyed).toBe(true);
});

it("closes a connection whose client never says more than the preface", async () => {
  const world = await openWorld({ options: { headersTimeout: 200 } });
  const socket = await openSocket(world.port);
  const closed = once(socket.resume(), "close");
  socket.write(preface);
  await closed;
});

it("ends connections at their maximum age: no new streams first, then those that are left", async () => {
  const world = await openWorld({ options: { maxConnectionDuration: 1_000 } });
  await world.putTargets(
    await openTarget((req, res) => {
      if (req.url === "/") res.end();
    }),
  );
  const session = openSession(world.port);
  const told = once(session, "goaway");
  const endless = ask(session, { ":path": "/endless" }).catch((error: Error) => error);
  expect((await ask(session)).status).toBe(200);

  expect((await told)[0]).toBe(NGHTTP2_NO_ERROR);
  expect(await endless).toBeInstanceOf(Error);
  const [, record] = await world.records(2);
  expect(record).toMatchObject({ requestPath: "/endless", failureReason: "ConnectionDurationExceeded" });
});

it("resets a stream on which nothing moves, and leaves its neighbours alone", async () => {
  const world = await openWorld({ options: { keepAliveTimeout: 100 } });
  await world.putService({ idleTimeoutSeconds: 1 });
  await world.putTargets(await openTarget((req, res) => void req.pipe(res)));
  const session = openSession(world.port);
  const silent = session.request({ ":method": "POST", ":path": "/", ":authority": host });
  silent.on("error", () => undefined);
  const lively = session.request({ ":method": "POST", ":path": "/", ":authority": host });
  const timer = setInterval(() => lively.write("tick"), 200);
  let ticks = 0;
  lively.on("data", () => {
    ticks += 1;
  });

  await once(silent, "close");

  clearInterval(timer);
  expect(silent.rstCode).toBe(NGHTTP2_CANCEL);
  lively.end();
  await once(lively, "close");
  expect(lively.rstCode).toBe(NGHTTP2_NO_ERROR);
  expect(ticks).toBeGreaterThan(10);
}, 15_000);

it("closes a connection whose client reads nothing of its response", async () => {
  const world = await openWorld({ options: { keepAliveTimeout: 100 } });
  await world.putService({ idleTimeoutSeconds: 1 });
  await world.putTargets(await openTarget((_req, res) => res.end(Buffer.alloc(20_000_000))));
  const client = await openRawClient(world.port);
  const fields = [
    [":method", "GET"],
    [":scheme", "http"],
    [":path", "/"],
    [":authority", host],
  ] as const;
  const widest = Buffer.from([0, 4, 0x7f, 0xff, 0xff, 0xff]);
  client.send(
    frame(frameTypes.settings, 0, 0, widest),
    frame(frameTypes.windowUpdate, 0, 0, Buffer.from([0x7f, 0, 0, 0])),
    frame(frameTypes.headers, endHeaders | endStream, 1, headerBlock(fields)),
  );
  client.socket.pause();

  await expect.poll(() => world.recorded, { timeout: 12_000 }).toHaveLength(1);
  expect(world.recorded[0]?.record).toMatchObject({ responseCode: 200, failureReason: "ClientConnectionClosed" });
  client.socket.resume();
  await expect.poll(() => client.isClosed).toBe(true);
}, 15_000);

it.each([
  ["cancels", NGHTTP2_CANCEL],
  ["resets without an error", NGHTTP2_NO_ERROR],
  ["resets with an error", NGHTTP2_INTERNAL_ERROR],
  ["disappears", undefined],
])("breaks off an upload that its client %s, so that no target takes it for complete", async (_name, code) => {
  const world = await openWorld();
  const target = await openRawTarget(() => undefined);
  await world.putTargets(target);
  const client = await openRawClient(world.port);
  const fields = [
    [":method", "POST"],
    [":scheme", "http"],
    [":path", "/"],
    [":authority", host],
  ] as const;
  client.send(
    frame(frameTypes.headers, endHeaders, 1, headerBlock(fields)),
    frame(frameTypes.data, 0, 1, Buffer.from("part")),
  );
  await expect.poll(() => target.received[0]).toContain("part");
  if (code === undefined) client.socket.destroy();
  else client.send(frame(frameTypes.rstStream, 0, 1, Buffer.from([0, 0, 0, code])));

  expect((await world.records(1))[0]).toMatchObject({ responseCode: 400, failureReason: "ClientConnectionClosed" });
  await pause(50);
  expect(target.received[0]).not.toContain("\r\n0\r\n\r\n");
  expect(world.plane.metrics()).toMatchObject({ clientAborts: 1 });
});

it("stops its target when the client cancels a download", async () => {
  const world = await openWorld();
  const gone = Promise.withResolvers<void>();
  await world.putTargets(
    await openTarget((_req, res) => {
      res.write("first");
      res.on("close", () => gone.resolve());
    }),
  );
  const session = openSession(world.port);
  const stream = session.request({ ":path": "/", ":authority": host });
  await once(stream, "data");
  stream.close(NGHTTP2_CANCEL);

  await gone.promise;
  expect((await world.records(1))[0]).toMatchObject({ responseCode: 200, failureReason: "ClientConnectionClosed" });
  expect((await ask(openSession(world.port), { ":authority": "nobody.example.com" })).status).toBe(404);
});

it("resets a response that its target breaks off, so that no client takes it for complete", async () => {
  const world = await openWorld();
  await world.putTargets(
    await openRawTarget((socket, received) => {
      const isCounted = received.startsWith("GET /counted");
      socket.end(
        `HTTP/1.1 200 OK\r\n${isCounted ? "content-length: 100" : "transfer-encoding: chunked"}\r\n\r\n5\r\n12345\r\n`,
      );
    }),
  );
  const session = openSession(world.port);

  for (const path of ["/counted", "/chunked"]) {
    const error = await ask(session, { ":path": path }).catch((reason: Error) => reason);
    expect(error).toMatchObject({ message: expect.stringContaining("NGHTTP2_INTERNAL_ERROR") });
  }
  expect((await world.records(2)).map(({ failureReason }) => failureReason)).toEqual([
    "TargetConnectionClosed",
    "TargetConnectionClosed",
  ]);
});
