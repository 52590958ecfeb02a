import { once } from "node:events";
import { createSecureContext } from "node:tls";
import { Metadata, type ServerDuplexStream, type ServerUnaryCall, type sendUnaryData, status } from "@grpc/grpc-js";
import { selfSigned } from "@pergola/core/testing/self-signed";
import { expect, it } from "vitest";
import { callUnary, echo, openGrpcClient, openGrpcTarget } from "../testing/grpc-peers.ts";
import { openSession } from "../testing/http2-client.ts";
import { openHttp2Target, targetGroups } from "../testing/http2-target.ts";
import { credential, signedHeaders } from "../testing/signed-headers.ts";
import {
  host,
  listener,
  openTarget,
  openWorld,
  pause,
  toGroup,
  type World,
  type WorldOptions,
} from "../testing/world.ts";

type Call = ServerUnaryCall<Buffer, Buffer>;
type Done = sendUnaryData<Buffer>;
type Chat = ServerDuplexStream<Buffer, Buffer>;

const echoing = {
  unary: ({ request }: Call, done: Done) => done(null, request),
  collect: (call: Chat, done: Done) => {
    const parts: Buffer[] = [];
    call.on("data", (part: Buffer) => parts.push(part));
    call.on("end", () => done(null, Buffer.concat(parts)));
  },
  repeat: (call: ServerDuplexStream<Buffer, Buffer> & { request: Buffer }) => {
    for (let i = 0; i < 100; i += 1) call.write(Buffer.from(`${call.request.toString()} ${i}`));
    call.end();
  },
  chat: (call: Chat) => {
    call.on("data", (part: Buffer) => call.write(part));
    call.on("end", () => call.end());
  },
};

async function openGrpcWorld(options: WorldOptions = {}, config = {}): Promise<World> {
  const world = await openWorld(options);
  await world.putService({ targetGroups: targetGroups({ protocolVersion: "GRPC", ...config }) });
  return world;
}

const asIs = (bytes: Buffer): Buffer => bytes;

it("carries all four kinds of methods, over TLS on both sides", async () => {
  const pem = await selfSigned(host);
  const context = createSecureContext(pem);
  const world = await openWorld({ listenerPort: 443, contextFor: () => Promise.resolve(context) });
  await world.putService({
    listeners: [listener(443, { protocol: "HTTPS" })],
    targetGroups: targetGroups({ protocolVersion: "GRPC", protocol: "HTTPS" }),
  });
  await world.putTargets(await openGrpcTarget(echoing as never, pem));
  const client = openGrpcClient(world.port, pem.cert);

  expect(await callUnary(client, "once")).toMatchObject({ code: status.OK, body: "once" });

  const collected = Promise.withResolvers<string>();
  const upload = client.makeClientStreamRequest(echo.collect.path, asIs, asIs, (_error, value?: Buffer) =>
    collected.resolve(String(value)),
  );
  for (const part of ["a", "b", "c"]) upload.write(Buffer.from(part));
  upload.end();
  expect(await collected.promise).toBe("abc");

  const repeated: string[] = [];
  const download = client.makeServerStreamRequest(echo.repeat.path, asIs, asIs, Buffer.from("n"));
  for await (const part of download) repeated.push(String(part));
  expect(repeated).toEqual(Array.from({ length: 100 }, (_one, at) => `n ${at}`));

  const chat = client.makeBidiStreamRequest(echo.chat.path, asIs, asIs);
  for (const part of ["ping", "pong", "ping"]) {
    chat.write(Buffer.from(part));
    expect(String((await once(chat, "data"))[0])).toBe(part);
  }
  chat.end();
  expect((await once(chat, "status"))[0].code).toBe(status.OK);

  const records = await world.records(4);
  expect(records.map(({ requestPath, grpcResponseCode }) => [requestPath, grpcResponseCode])).toEqual([
    ["/test.Echo/Unary", 0],
    ["/test.Echo/Collect", 0],
    ["/test.Echo/Repeat", 0],
    ["/test.Echo/Chat", 0],
  ]);
  expect(records[0]).toMatchObject({
    protocol: "HTTP/2",
    requestMethod: "POST",
    responseCode: 200,
    tlsVersion: "TLSv1.3",
  });
});

it("passes metadata, trailers and errors of the application on", async () => {
  const world = await openGrpcWorld();
  await world.putTargets(
    await openGrpcTarget({
      ...echoing,
      unary: (call: Call, done: Done) => {
        const head = new Metadata();
        head.set("x-head", call.metadata.get("x-asked")[0] as string);
        call.sendMetadata(head);
        const trailers = new Metadata();
        trailers.set("x-tail", "t");
        trailers.set("x-bytes-bin", Buffer.from([0, 255, 10, 13]));
        if (call.request.length > 0) done(null, call.request, trailers);
        else done({ code: status.FAILED_PRECONDITION, details: "nicht möglich: 100 %\n", metadata: trailers });
      },
    } as never),
  );
  const client = openGrpcClient(world.port);
  const metadata = new Metadata();
  metadata.set("x-asked", "asked");

  const fine = await callUnary(client, "x", { metadata });
  expect(fine.code).toBe(status.OK);
  expect(fine.trailers.get("x-tail")).toEqual(["t"]);
  expect(fine.trailers.get("x-bytes-bin")).toEqual([Buffer.from([0, 255, 10, 13])]);
  const failed = await callUnary(client, "", { metadata });
  expect(failed).toMatchObject({ code: status.FAILED_PRECONDITION, details: "nicht möglich: 100 %\n" });
  expect(failed.trailers.get("x-tail")).toEqual(["t"]);
  expect((await world.records(2)).map(({ grpcResponseCode }) => grpcResponseCode)).toEqual([0, 9]);
});

it("carries large messages whole", async () => {
  const world = await openGrpcWorld();
  await world.putTargets(await openGrpcTarget(echoing as never));
  const client = openGrpcClient(world.port);
  const message = "0123456789abcdef0".repeat(200_000);

  expect(await callUnary(client, message)).toMatchObject({ code: status.OK, body: message });
});

it("routes by the name of the method, and tells callers of a fixed response", async () => {
  const world = await openGrpcWorld();
  const notFound = { kind: "fixed-response", statusCode: 404 } as const;
  const broken = { kind: "fixed-response", statusCode: 500 } as const;
  const exact = { httpMatch: { method: "POST", pathMatch: { match: { exact: "/test.Echo/Unary" } } } };
  const prefix = { httpMatch: { pathMatch: { match: { prefix: "/test.Broken/" } } } };
  await world.putService({
    targetGroups: targetGroups({ protocolVersion: "GRPC" }),
    listeners: [
      listener(80, {
        rules: [
          { id: "rule-1", priority: 1, match: exact, action: toGroup },
          { id: "rule-2", priority: 2, match: prefix, action: broken },
        ],
        defaultAction: notFound,
      }),
    ],
  });
  await world.putTargets(await openGrpcTarget(echoing as never));
  const client = openGrpcClient(world.port);

  expect((await callUnary(client, "x")).code).toBe(status.OK);
  expect((await callUnary(client, "x", { path: "/test.Echo/Other" })).code).toBe(status.UNIMPLEMENTED);
  expect((await callUnary(client, "x", { path: "/test.Broken/Any" })).code).toBe(status.UNKNOWN);
  expect(
    (await world.records(3)).map(({ responseCode, grpcResponseCode }) => [responseCode, grpcResponseCode]),
  ).toEqual([
    [200, 0],
    [200, 12],
    [200, 2],
  ]);
});

it.each<[string, number, string, (world: World) => Promise<unknown>]>([
  ["no target", status.UNAVAILABLE, "TargetConnectionError", async () => undefined],
  [
    "a target that is not there",
    status.UNAVAILABLE,
    "TargetConnectionError",
    (world) => world.putTargets({ id: "127.0.0.1", port: 1 }),
  ],
  [
    "a target that speaks HTTP/1.1",
    status.UNAVAILABLE,
    "TargetConnectionClosed",
    async (world) => world.putTargets(await openTarget((_req, res) => res.end())),
  ],
  [
    "a target that resets every stream",
    status.UNAVAILABLE,
    "TargetConnectionClosed",
    async (world) => world.putTargets(await openHttp2Target((stream) => stream.close(2))),
  ],
  [
    "a target that says nothing",
    status.DEADLINE_EXCEEDED,
    "TargetDataTimeout",
    async (world) => world.putTargets(await openHttp2Target(() => undefined)),
  ],
  [
    "a target group of HTTP1",
    status.UNIMPLEMENTED,
    "TargetProtocolError",
    async (world) => {
      await world.putTargets({ id: "127.0.0.1", port: 1 });
      await world.putService({ targetGroups: targetGroups({ protocolVersion: "HTTP1" }) });
    },
  ],
  [
    "a service that asks who is calling",
    status.PERMISSION_DENIED,
    "ClientAccessDenied",
    (world) => world.putService({ authType: "AWS_IAM" }),
  ],
  ["no such service", status.UNIMPLEMENTED, "-", (world) => world.putService({ listeners: [] })],
])("tells callers by their own status of %s", async (_name, code, failureReason, prepare) => {
  const world = await openGrpcWorld();
  await world.putService({ targetGroups: targetGroups({ protocolVersion: "GRPC" }), idleTimeoutSeconds: 1 });
  await prepare(world);
  const client = openGrpcClient(world.port, undefined, { "grpc.enable_retries": 0 });

  const outcome = await callUnary(client, "x");

  expect(outcome.code).toBe(code);
  expect(outcome.details).not.toBe("");
  if (failureReason === "-") return;
  expect((await world.records(1))[0]).toMatchObject({ responseCode: 200, grpcResponseCode: code, failureReason });
});

it("counts what policies deny, and says in full why", async () => {
  const world = await openGrpcWorld();
  await world.putService({ targetGroups: targetGroups({ protocolVersion: "GRPC" }), authType: "AWS_IAM" });
  const outcome = await callUnary(openGrpcClient(world.port), "x");

  expect(outcome.details).toMatch(/^AccessDeniedException: User: anonymous is not authorized to perform/);
  expect(world.plane.metrics()).toMatchObject({ denied: 1 });
});

it("knows signed callers: Host of the signature is the authority", async () => {
  const world = await openGrpcWorld({ credentials: (id) => (id === credential.accessKeyId ? credential : undefined) });
  const allow = {
    Effect: "Allow",
    Principal: { AWS: credential.principal.arn },
    Action: "vpc-lattice-svcs:Invoke",
    Resource: "*",
  };
  await world.putService({
    targetGroups: targetGroups({ protocolVersion: "GRPC" }),
    authType: "AWS_IAM",
    authPolicy: JSON.stringify({ Version: "2012-10-17", Statement: [allow] }),
  });
  await world.putTargets(
    await openGrpcTarget({
      ...echoing,
      unary: (call: Call, done: Done) => done(null, Buffer.from(String(call.metadata.get("x-amzn-lattice-identity")))),
    } as never),
  );
  const client = openGrpcClient(world.port);
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(await signedHeaders("POST", echo.unary.path))) {
    if (name !== "host") metadata.set(name, value);
  }

  const fine = await callUnary(client, "x", { metadata });
  expect(fine).toMatchObject({
    code: status.OK,
    body: expect.stringContaining(`Principal=${credential.principal.arn}`),
  });
  metadata.set("x-amz-date", "20200101T000000Z");
  expect((await callUnary(client, "x", { metadata })).code).toBe(status.PERMISSION_DENIED);
  expect((await callUnary(client, "x")).code).toBe(status.PERMISSION_DENIED);
});

const grpcHead = {
  ":method": "POST",
  ":path": echo.unary.path,
  ":authority": host,
  "content-type": "application/grpc+proto",
  te: "trailers",
};

it("ends a call at its deadline, at the target too", async () => {
  const world = await openGrpcWorld();
  const cancelled: number[] = [];
  let asked: unknown;
  await world.putTargets(
    await openHttp2Target((stream, headers) => {
      asked = headers["grpc-timeout"];
      stream.on("close", () => cancelled.push(stream.rstCode));
    }),
  );
  const session = openSession(world.port);
  const stream = session.request({ ...grpcHead, "grpc-timeout": "200m" });
  const [headers] = await once(stream, "response");

  expect(headers).toMatchObject({ ":status": 200, "grpc-status": "4", "content-type": "application/grpc" });
  expect(asked).toBe("200m");
  await expect.poll(() => cancelled).toEqual([8]);
  expect((await world.records(1))[0]).toMatchObject({
    responseCode: 200,
    grpcResponseCode: 4,
    failureReason: "TargetDataTimeout",
  });
});

it("ends a stream of messages at its deadline with a status behind those that have come", async () => {
  const world = await openGrpcWorld();
  await world.putTargets(
    await openHttp2Target((stream) => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" });
      stream.write(Buffer.from([0, 0, 0, 0, 1, 7]));
    }),
  );
  const session = openSession(world.port);
  const stream = session.request({ ...grpcHead, "grpc-timeout": "300000u" });
  stream.end();
  const trailers = once(stream, "trailers");
  expect((await once(stream, "data"))[0]).toEqual(Buffer.from([0, 0, 0, 0, 1, 7]));
  expect((await trailers)[0]).toMatchObject({ "grpc-status": "4" });
});

it("ends a stream of messages that its target breaks off with a status", async () => {
  const world = await openGrpcWorld();
  await world.putTargets(
    await openHttp2Target((stream) => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" });
      stream.write(Buffer.from([0, 0, 0, 0, 1, 7]), () => stream.session?.socket.destroy());
    }),
  );
  const session = openSession(world.port);
  const stream = session.request(grpcHead);
  stream.resume();
  expect((await once(stream, "trailers"))[0]).toMatchObject({ "grpc-status": "14" });
});

it("gives a status before the client has sent all of its messages", async () => {
  const world = await openGrpcWorld();
  await world.putTargets(
    await openGrpcTarget({
      ...echoing,
      collect: (call: Chat, done: Done) => {
        call.once("data", () => done({ code: status.INVALID_ARGUMENT, details: "enough" }));
      },
    } as never),
  );
  const client = openGrpcClient(world.port);
  const upload = client.makeClientStreamRequest(echo.collect.path, asIs, asIs, () => undefined);
  upload.on("error", () => undefined);
  upload.write(Buffer.from("x"));

  expect((await once(upload, "status"))[0]).toMatchObject({ code: status.INVALID_ARGUMENT, details: "enough" });
});

it("cancels at the target what the client cancels", async () => {
  const world = await openGrpcWorld();
  const cancelled = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  await world.putTargets(
    await openGrpcTarget({
      ...echoing,
      chat: (call: Chat) => {
        call.on("cancelled", () => cancelled.resolve());
        call.on("error", () => undefined);
        arrived.resolve();
      },
    } as never),
  );
  const chat = openGrpcClient(world.port).makeBidiStreamRequest(echo.chat.path, asIs, asIs);
  chat.on("error", () => undefined);
  await arrived.promise;
  chat.cancel();

  await cancelled.promise;
  expect((await world.records(1))[0]).toMatchObject({ failureReason: "ClientConnectionClosed" });
});

it("drains without failing a call when a target leaves", async () => {
  const world = await openGrpcWorld();
  const slow = { ...echoing, unary: ({ request }: Call, done: Done) => void setTimeout(() => done(null, request), 5) };
  const first = await openGrpcTarget(slow as never);
  await world.putTargets(first);
  const client = openGrpcClient(world.port, undefined, { "grpc.enable_retries": 0 });
  const codes: number[] = [];
  let isOver = false;
  const load = async (): Promise<void> => {
    while (!isOver) codes.push((await callUnary(client, "x")).code);
  };
  const loads = Array.from({ length: 10 }, load);
  await pause(100);
  await world.putTargets(await openGrpcTarget(slow as never));
  await pause(50);
  await new Promise<void>((resolve) => first.server.tryShutdown(() => resolve()));
  await pause(100);
  isOver = true;
  await Promise.all(loads);

  expect(codes.length).toBeGreaterThan(20);
  expect(codes.filter((code) => code !== status.OK)).toEqual([]);
});
