import { createHash } from "node:crypto";
import { once } from "node:events";
import { constants, type ServerHttp2Stream } from "node:http2";
import { createServer } from "node:net";
import { selfSigned } from "@pergola/core/testing/self-signed";
import { beforeAll, expect, it } from "vitest";
import { ask, field, openSession } from "../testing/http2-client.ts";
import { openHttp2Target, targetGroups } from "../testing/http2-target.ts";
import { host, openTarget, openWorld, pause, send, type World, type WorldOptions } from "../testing/world.ts";

let pem: { key: string; cert: string };
beforeAll(async () => {
  pem = await selfSigned();
});

async function openHttp2World(config = {}, options: WorldOptions = {}): Promise<World> {
  const world = await openWorld(options);
  await world.putService({ targetGroups: targetGroups(config) });
  return world;
}

function answer(stream: ServerHttp2Stream, body = "ok"): void {
  stream.respond({ ":status": 200 });
  stream.end(body);
}

it("reaches targets with prior knowledge over TCP, and by ALPN over TLS whoever has signed their certificate", async () => {
  for (const protocol of ["HTTP", "HTTPS"] as const) {
    const world = await openHttp2World({ protocol });
    const target = await openHttp2Target(
      (stream, _headers, raw) => answer(stream, JSON.stringify(raw)),
      {},
      protocol === "HTTPS" ? pem : undefined,
    );
    await world.putTargets(target);

    const reply = await ask(openSession(world.port), {
      ":path": "/a?b=c",
      "x-own": "1",
      te: "trailers",
      cookie: "a=1",
    });

    expect(reply.status).toBe(200);
    const seen = JSON.parse(reply.body.toString()) as string[];
    const pairs = Object.fromEntries(seen.flatMap((name, at) => (at % 2 === 0 ? [[name, seen[at + 1]]] : [])));
    expect(pairs).toMatchObject({
      ":method": "GET",
      ":path": "/a?b=c",
      ":authority": host,
      ":scheme": protocol.toLowerCase(),
      "x-own": "1",
      "x-forwarded-for": "127.0.0.1",
      "x-amzn-requestid": field(reply, "x-amzn-requestid"),
      te: "trailers",
      cookie: "a=1",
    });
    expect(pairs).not.toHaveProperty("host");
    expect((await world.records(1))[0]).toMatchObject({
      responseCode: 200,
      targetIpPort: `127.0.0.1:${target.port}`,
      failureReason: "-",
    });
  }
});

it("answers clients of HTTP/1.1 with 502 where the targets speak HTTP/2 only", async () => {
  const world = await openHttp2World();
  await world.putTargets(await openHttp2Target((stream) => answer(stream)));

  expect((await send(world.port, "/")).status).toBe(502);
  await world.putService({ targetGroups: targetGroups({ protocolVersion: "GRPC" }) });
  expect((await send(world.port, "/", { method: "POST", body: "x" })).status).toBe(502);
  expect((await ask(openSession(world.port))).status).toBe(400);
  expect((await ask(openSession(world.port), {}, "x")).status).toBe(200);
});

it("sends the requests of many clients over few connections", async () => {
  const world = await openHttp2World();
  const target = await openHttp2Target((stream, headers) => setTimeout(() => answer(stream, headers[":path"]), 20));
  await world.putTargets(target);
  const sessions = Array.from({ length: 10 }, () => openSession(world.port));
  const replies = await Promise.all(
    Array.from({ length: 500 }, (_one, at) => ask(sessions[at % 10] as never, { ":path": `/${at}` })),
  );

  expect(replies.map(({ body }) => body.toString())).toEqual(replies.map((_one, at) => `/${at}`));
  expect(target.sessions.length).toBeLessThanOrEqual(16);
});

it("opens no more streams than the target allows, and waits with the rest", async () => {
  const world = await openHttp2World();
  let most = 0;
  let now = 0;
  const target = await openHttp2Target(
    (stream) => {
      now += 1;
      most = Math.max(most, now);
      setTimeout(() => {
        now -= 1;
        answer(stream);
      }, 10);
    },
    { settings: { maxConcurrentStreams: 2 } },
  );
  await world.putTargets(target);
  const session = openSession(world.port);
  expect((await ask(session)).status).toBe(200);

  const replies = await Promise.all(Array.from({ length: 100 }, () => ask(session)));

  expect(replies.every(({ status }) => status === 200)).toBe(true);
  expect(most).toBeGreaterThan(2);
  expect(most).toBeLessThanOrEqual(2 * 16);
});

it("relays bodies whole in both directions, and waits for whoever is slower", async () => {
  const world = await openHttp2World();
  let upload: ServerHttp2Stream | undefined;
  await world.putTargets(
    await openHttp2Target((stream, headers) => {
      if (headers[":path"] === "/slow") upload = stream;
      else {
        stream.respond({ ":status": 200 });
        stream.pipe(stream);
      }
    }),
  );
  const session = openSession(world.port);
  const body = Buffer.alloc(3_000_000, "0123456789abcdef0");
  const hash = createHash("sha256").update(body).digest("hex");
  for (const fields of [{}, { "content-length": String(body.length) }]) {
    const reply = await ask(session, fields, body);
    expect(createHash("sha256").update(reply.body).digest("hex")).toBe(hash);
  }

  const stream = session.request({ ":method": "POST", ":path": "/slow", ":authority": host });
  stream.on("error", () => undefined);
  let sent = 0;
  const chunk = Buffer.alloc(64 * 1024);
  const push = (): void => {
    for (let canSend = true; canSend; sent += chunk.length) canSend = stream.write(chunk);
    stream.once("drain", push);
  };
  push();
  await expect.poll(() => upload).toBeDefined();
  await pause(300);
  expect(sent).toBeLessThan(8 * 1024 * 1024);
});

it("passes trailers of responses, and those of requests that are announced", async () => {
  const world = await openHttp2World();
  await world.putTargets(
    await openHttp2Target((stream) => {
      let seen: unknown;
      stream.on("trailers", (trailers) => {
        seen = trailers;
      });
      stream.resume();
      stream.on("end", () => {
        stream.respond({ ":status": 200 }, { waitForTrailers: true });
        stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": "42", "x-two": ["a", "b"] }));
        stream.end(JSON.stringify(seen ?? null));
      });
    }),
  );
  const session = openSession(world.port);
  const post = async (headers: Record<string, string>): Promise<[string, string[]]> => {
    const fields = { ":method": "POST", ":path": "/", ":authority": host, ...headers };
    const stream = session.request(fields, { waitForTrailers: true });
    stream.on("wantTrailers", () =>
      stream.sendTrailers({ "x-check": "1", authorization: "x", "x-amzn-lattice-identity": "me" }),
    );
    stream.end("body");
    const trailers = once(stream, "trailers");
    return [String(await once(stream, "data")), (await trailers)[2]];
  };

  expect(await post({ trailer: "x-check" })).toEqual(['{"x-check":"1"}', ["x-sum", "42", "x-two", "a", "x-two", "b"]]);
  expect((await post({}))[0]).toBe("null");
});

type Place = { readonly id: string; readonly port: number };

const unseen: readonly (readonly [string, () => Promise<Place>])[] = [
  ["refuses the stream", () => openHttp2Target((stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM))],
  [
    "says GOAWAY before it",
    async () => {
      const target = await openHttp2Target(() => undefined);
      target.server.on("session", (session) => session.goaway(0, 0));
      return target;
    },
  ],
  ["is not there", async () => ({ id: "127.0.0.1", port: await closedPort() })],
];

it.each(unseen)("tries again at another target, body and all, when one %s", async (_name, open) => {
  const world = await openHttp2World();
  const echoing = await openHttp2Target((stream) => {
    stream.respond({ ":status": 200 });
    stream.pipe(stream);
  });
  await world.putTargets(await open(), echoing);
  const session = openSession(world.port);

  for (let i = 0; i < 6; i += 1) {
    expect(await ask(session, {}, `body ${i}`)).toMatchObject({ status: 200, body: Buffer.from(`body ${i}`) });
  }
  expect(world.plane.metrics().retries).toBeGreaterThanOrEqual(3);
});

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

it("does not repeat what a target may have seen, nor a body that was too long to keep", async () => {
  const world = await openHttp2World();
  let seen = 0;
  const target = await openHttp2Target((stream, headers) => {
    seen += 1;
    if (headers[":path"] === "/reset") stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    else {
      let bytes = 0;
      stream.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > 100_000) stream.close(constants.NGHTTP2_REFUSED_STREAM);
      });
    }
  });
  await world.putTargets(target);
  const session = openSession(world.port);

  expect((await ask(session, { ":path": "/reset" }, "x")).status).toBe(502);
  expect(seen).toBe(1);
  expect((await ask(session, { ":path": "/long" }, Buffer.alloc(1_000_000))).status).toBe(503);
  expect(seen).toBe(2);
});

it("moves on to a new connection when the target says GOAWAY, and finishes what the old one has", async () => {
  const world = await openHttp2World();
  const held: ServerHttp2Stream[] = [];
  const target = await openHttp2Target((stream, headers) => {
    if (headers[":path"] === "/held") held.push(stream);
    else answer(stream);
  });
  await world.putTargets(target);
  const session = openSession(world.port);
  const slow = ask(session, { ":path": "/held" });
  await expect.poll(() => held.length).toBe(1);

  target.sessions[0]?.close();
  await pause(50);
  expect((await ask(session)).status).toBe(200);
  expect(target.sessions).toHaveLength(2);
  answer(held[0] as ServerHttp2Stream, "late");
  expect((await slow).body.toString()).toBe("late");
});

it("survives a restart of its target under load without a failed request", async () => {
  const world = await openHttp2World();
  const first = await openHttp2Target((stream) => setTimeout(() => answer(stream, "first"), 5));
  await world.putTargets(first);
  const session = openSession(world.port);
  const statuses: number[] = [];
  let isOver = false;
  const load = async (): Promise<void> => {
    while (!isOver) statuses.push((await ask(session, {}, "call")).status);
  };
  const loads = Array.from({ length: 20 }, load);
  await pause(150);
  const second = await openHttp2Target((stream) => setTimeout(() => answer(stream, "second"), 5));
  await world.putTargets(second);
  await pause(50);
  // As servers do it: no new connections, the streams at hand finish, those that cross with the GOAWAY are refused.
  for (const old of first.sessions) old.close();
  first.server.close();
  await pause(200);
  isOver = true;
  await Promise.all(loads);

  expect(statuses.length).toBeGreaterThan(20);
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
});

it("answers 500, 502 and 504 as for other targets", async () => {
  const world = await openHttp2World({}, { options: { connectTimeout: 300 } });
  await world.putService({ targetGroups: targetGroups({}), idleTimeoutSeconds: 1 });
  const session = openSession(world.port);
  await world.putTargets({ id: "127.0.0.1", port: await closedPort() });
  expect((await ask(session)).status).toBe(500);

  const old = await openTarget((_req, res) => res.end());
  const other = await openHttp2World();
  await other.putTargets(old);
  expect((await ask(openSession(other.port))).status).toBe(502);

  const silent = await openHttp2World();
  await silent.putService({ targetGroups: targetGroups({}), idleTimeoutSeconds: 1 });
  await silent.putTargets(await openHttp2Target(() => undefined));
  expect((await ask(openSession(silent.port))).status).toBe(504);
  expect((await silent.records(1))[0]).toMatchObject({ responseCode: 504, failureReason: "TargetDataTimeout" });
});

it("refuses a target that does not agree to HTTP/2 over TLS", async () => {
  const world = await openHttp2World({ protocol: "HTTPS" });
  const { createServer: createTlsServer } = await import("node:tls");
  const server = createTlsServer({ ...pem }, (socket) => socket.on("error", () => undefined));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  await world.putTargets({ id: "127.0.0.1", port: (server.address() as { port: number }).port });

  expect((await ask(openSession(world.port))).status).toBeOneOf([500, 502]);
  server.close();
});

it.each([
  ["an error", constants.NGHTTP2_INTERNAL_ERROR],
  ["no error at all", constants.NGHTTP2_NO_ERROR],
  ["the connection", undefined],
])("never ends a response as whole that its target breaks off with %s", async (_name, code) => {
  const world = await openHttp2World();
  await world.putTargets(
    await openHttp2Target((stream) => {
      stream.respond({ ":status": 200 });
      stream.write("part", () => {
        // Node's own `close` would end the stream first.
        stream.end = () => stream;
        if (code === undefined) stream.session?.socket.destroy();
        else stream.close(code);
      });
    }),
  );
  const reply = await ask(openSession(world.port)).catch((error: Error) => error);

  expect(reply).toMatchObject({ message: expect.stringContaining("NGHTTP2_INTERNAL_ERROR") });
  expect((await world.records(1))[0]).toMatchObject({ failureReason: "TargetConnectionClosed" });
});

it("never ends an upload as whole that its client breaks off", async () => {
  const world = await openHttp2World();
  const ends: string[] = [];
  await world.putTargets(
    await openHttp2Target((stream) => {
      stream.on("data", () => undefined);
      stream.on("end", () => {
        if (!stream.aborted) ends.push("end");
      });
      stream.on("aborted", () => ends.push("aborted"));
    }),
  );
  const session = openSession(world.port);
  const stream = session.request({ ":method": "POST", ":path": "/", ":authority": host });
  stream.on("error", () => undefined);
  stream.write("part");
  await pause(100);
  stream.end = () => stream;
  stream.close(constants.NGHTTP2_CANCEL);

  await expect.poll(() => ends).toEqual(["aborted"]);
});

it("stops the request at its target when the client cancels, and keeps the connection", async () => {
  const world = await openHttp2World();
  const closed: number[] = [];
  const target = await openHttp2Target((stream, headers) => {
    stream.on("close", () => closed.push(stream.rstCode));
    if (headers[":path"] === "/") answer(stream);
  });
  await world.putTargets(target);
  const session = openSession(world.port);
  const stream = session.request({ ":path": "/endless", ":authority": host });
  await expect.poll(() => target.sessions.length).toBe(1);
  await pause(50);
  stream.close(constants.NGHTTP2_CANCEL);

  await expect.poll(() => closed).toEqual([constants.NGHTTP2_CANCEL]);
  expect((await ask(session)).status).toBe(200);
  expect(target.sessions).toHaveLength(1);
});
