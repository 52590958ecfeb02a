import { once } from "node:events";
import { expect, it } from "vitest";
import { host, openSocket, openTarget, openWorld, pause, send, statuses } from "../testing/world.ts";

it("keeps connections alive between requests, and closes idle ones", async () => {
  const world = await openWorld({ options: { keepAliveTimeout: 200 } });
  await world.putTargets(await openTarget((_req, res) => res.end("ok")));
  const socket = await openSocket(world.port);
  let raw = "";
  socket.on("data", (chunk) => {
    raw += chunk;
  });
  for (let i = 0; i < 3; i += 1) {
    socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await pause(50);
  }

  expect(statuses(raw)).toEqual([200, 200, 200]);
  await once(socket, "close");
});

it("lets requests in flight finish when it closes, and takes no new ones", async () => {
  const world = await openWorld();
  const arrived = Promise.withResolvers<void>();
  await world.putTargets(
    await openTarget((_req, res) => {
      arrived.resolve();
      setTimeout(() => res.end("finished"), 150);
    }),
  );
  const idle = await openSocket(world.port);
  idle.resume();
  idle.write(`GET / HTTP/1.1\r\nHost: nobody.example.com\r\n\r\n`);
  await pause(50);
  const inFlight = send(world.port, "/", { headers: { connection: "keep-alive" } });
  await arrived.promise;
  const idleClosed = once(idle, "close");

  const silent = await openSocket(world.port);
  const silentClosed = once(silent.resume(), "close");
  await pause(10);

  const closed = world.plane.close(5_000);

  await Promise.all([idleClosed, silentClosed]);
  await expect(send(world.port, "/")).rejects.toThrow("ECONNREFUSED");
  const reply = await inFlight;
  expect(reply).toMatchObject({ status: 200, body: "finished" });
  expect(reply.headers.connection).toBe("close");
  await closed;
  expect(await world.records(2)).toHaveLength(1);
});

it("cuts what is still in flight at the deadline of its close", async () => {
  const world = await openWorld();
  const arrived = Promise.withResolvers<void>();
  await world.putTargets(await openTarget(() => arrived.resolve()));
  const reply = send(world.port, "/").catch((error: Error) => error);
  await arrived.promise;

  await world.plane.close(50);

  expect(await reply).toBeInstanceOf(Error);
  expect(await world.records(1)).toHaveLength(1);
});

it("ends connections at their maximum age, the request in flight included", async () => {
  const world = await openWorld({ options: { maxConnectionDuration: 300 } });
  await world.putTargets(await openTarget(() => undefined));
  const socket = await openSocket(world.port);
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);

  await once(socket.resume(), "close");

  expect((await world.records(1))[0]).toMatchObject({ failureReason: "ConnectionDurationExceeded" });
});

it("announces the end of an old connection with its last response", async () => {
  const world = await openWorld({ options: { maxConnectionDuration: 3_000 } });
  await world.putTargets(await openTarget((_req, res) => setTimeout(() => res.end("ok"), 20)));
  const socket = await openSocket(world.port);
  let raw = "";
  socket.on("data", (chunk) => {
    raw += chunk;
  });
  // A client that goes on writing after the announcement would be answered with a reset.
  const timer = setInterval(() => {
    if (!/^connection: close\r$/im.test(raw)) socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  }, 30);
  await once(socket, "close");
  clearInterval(timer);

  expect(statuses(raw).length).toBeGreaterThan(3);
  expect(statuses(raw).every((status) => status === 200)).toBe(true);
  expect(raw.match(/^connection: close\r$/gim)).toHaveLength(1);
});

it("tells clients beyond the most that there are too many, and takes new ones when others have gone", async () => {
  const world = await openWorld({ options: { maxConnections: 1 } });
  await world.putTargets(await openTarget((_req, res) => res.end("ok")));
  const first = await openSocket(world.port);

  const refused = await send(world.port, "/");
  expect([refused.status, refused.headers.connection]).toEqual([503, "close"]);
  expect(world.plane.metrics()).toMatchObject({ connections: 1, refusedConnections: 1 });
  first.destroy();
  await pause(50);
  expect((await send(world.port, "/")).status).toBe(200);
});

it("closes a connection of TLS beyond the most without a word", async () => {
  const world = await openWorld({ options: { maxConnections: 1 } });
  await openSocket(world.port);
  const second = await openSocket(world.port);
  let raw = "";
  second.on("data", (chunk) => {
    raw += String(chunk);
  });
  second.write(Buffer.from([0x16, 0x03, 0x01, 0x00, 0x05]));
  await once(second, "close");
  expect(raw).toBe("");
});

it("says which address cannot be bound", async () => {
  const world = await openWorld();
  await expect(world.plane.listen(81, { host: "127.0.0.1", port: world.port })).rejects.toThrow("EADDRINUSE");
});
