import { LambdaInvokeError, type LambdaInvoker, type TargetGroupSnapshot } from "@pergola/core";
import { expect, it } from "vitest";
import {
  account,
  groupArn,
  groupId,
  host,
  networkArn,
  openSocket,
  openWorld,
  pause,
  region,
  send,
  serviceArn,
  vpcId,
  type World,
} from "../testing/world.ts";

const functionArn = `arn:aws:lambda:${region}:${account}:function:hello:live`;
type Invoke = LambdaInvoker["invoke"];

async function openFunction(invoke: Invoke, version?: "V1" | "V2", idleTimeoutSeconds = 60): Promise<World> {
  const world = await openWorld({ invoke });
  const config = version === undefined ? {} : { lambdaEventStructureVersion: version };
  const group: TargetGroupSnapshot = { id: groupId, arn: groupArn, type: "LAMBDA", config };
  await world.putService({ targetGroups: { [groupId]: group }, idleTimeoutSeconds });
  await world.putTargets({ id: functionArn });
  return world;
}

const returns =
  (value: unknown): Invoke =>
  () =>
    Promise.resolve({ payload: Buffer.from(typeof value === "string" ? value : JSON.stringify(value)) });

/** A function that answers with its event. */
const echo: Invoke = (_arn, payload) => returns({ statusCode: 200, body: payload })("", "", AbortSignal.timeout(1));

async function eventOf(
  world: World,
  path: string,
  options: Parameters<typeof send>[2] = {},
): Promise<Record<string, unknown>> {
  return JSON.parse((await send(world.port, path, options)).body) as Record<string, unknown>;
}

it("gives a function a V1 event unless told otherwise", async () => {
  const world = await openFunction(echo);

  const event = await eventOf(world, "/orders?id=7&id=8&a=b%20c", {
    method: "POST",
    headers: { "content-type": "application/json; charset=utf-8", "X-Tag": ["a", "b"], "x-amzn-requestid": "r1" },
    body: '{"sku":"ä"}',
  });

  expect(event).toEqual({
    raw_path: "/orders?id=7&id=8&a=b%20c",
    method: "POST",
    headers: {
      host,
      "content-type": "application/json; charset=utf-8",
      "content-length": "12",
      "x-tag": "a, b",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-port": "80",
      "x-forwarded-proto": "http",
      "x-amzn-requestid": "r1",
      "x-amzn-source-vpc": vpcId,
      "x-amzn-lattice-network": `SourceVpcArn=arn:aws:ec2:${region}:${account}:vpc/${vpcId}`,
      "x-amzn-lattice-target": `ServiceArn=${serviceArn}; ServiceNetworkArn=${networkArn}; TargetGroupArn=${groupArn}`,
    },
    query_string_parameters: { id: "8", a: "b c" },
    body: '{"sku":"ä"}',
    is_base64_encoded: false,
    request_id: "r1",
  });
});

it("gives a function a V2 event when its target group says so", async () => {
  const world = await openFunction(echo, "V2");

  const event = await eventOf(world, "/orders?id=7&id=8", {
    headers: { "X-Tag": ["a", "b"], "x-amzn-requestid": "r1" },
  });

  expect(event).toEqual({
    version: "2.0",
    path: "/orders?id=7&id=8",
    method: "GET",
    headers: {
      host: [host],
      "x-tag": ["a", "b"],
      "x-forwarded-for": ["127.0.0.1"],
      "x-forwarded-port": ["80"],
      "x-forwarded-proto": ["http"],
      "x-amzn-requestid": ["r1"],
      "x-amzn-source-vpc": [vpcId],
    },
    queryStringParameters: { id: ["7", "8"] },
    requestId: "r1",
    requestContext: {
      serviceNetworkArn: networkArn,
      serviceArn,
      targetGroupArn: groupArn,
      identity: { sourceVpcArn: `arn:aws:ec2:${region}:${account}:vpc/${vpcId}` },
      region,
      timeEpoch: expect.stringMatching(/^\d{16}$/),
    },
  });
});

it("keeps headers and parameters that are named like members of every object", async () => {
  const world = await openFunction(echo, "V2");
  const event = await eventOf(world, "/?__proto__=a&constructor=b", { headers: { __proto__x: "c", constructor: "d" } });
  expect(Object.entries(event.queryStringParameters as object)).toEqual([
    ["__proto__", ["a"]],
    ["constructor", ["b"]],
  ]);
  expect(Object.entries(event.headers as object)).toContainEqual(["constructor", ["d"]]);
});

it.each<[string, Record<string, string>, Buffer, string, boolean]>([
  ["text", { "content-type": "text/plain" }, Buffer.from("hi"), "hi", false],
  ["XML", { "content-type": "Application/XML" }, Buffer.from("<a/>"), "<a/>", false],
  ["JavaScript", { "content-type": "application/javascript" }, Buffer.from("1"), "1", false],
  ["an image", { "content-type": "image/png" }, Buffer.from([1, 2]), "AQI=", true],
  ["no type", {}, Buffer.from("hi"), "aGk=", true],
  ["a type that only begins like JSON", { "content-type": "application/json-seq" }, Buffer.from("hi"), "aGk=", true],
  ["compressed text", { "content-type": "text/plain", "content-encoding": "gzip" }, Buffer.from("hi"), "aGk=", true],
  ["text that is no UTF-8", { "content-type": "text/plain" }, Buffer.from([0xff, 0xfe]), "//4=", true],
])("encodes a body of %s", async (_name, headers, body, text, isBase64) => {
  const v1 = await eventOf(await openFunction(echo), "/", { method: "POST", headers, body });
  const v2 = await eventOf(await openFunction(echo, "V2"), "/", { method: "POST", headers, body });

  expect(v1).toMatchObject({ body: text, is_base64_encoded: isBase64 });
  expect(v2).toMatchObject({ body: text, isBase64Encoded: isBase64 });
});

it("answers with what the function returned", async () => {
  const world = await openFunction(
    returns({
      statusCode: 201,
      headers: { "X-One": "1", "Content-Length": "999", Connection: "close", "Transfer-Encoding": "chunked", n: 5 },
      body: Buffer.from([0, 255]).toString("base64"),
      isBase64Encoded: true,
    }),
  );

  const reply = await send(world.port, "/");

  expect(reply.status).toBe(201);
  expect(reply.headers).toMatchObject({ "x-one": "1", n: "5", "content-length": "2" });
  expect(reply.headers["transfer-encoding"]).toBeUndefined();
  expect(reply.headers["x-amzn-requestid"]).toMatch(/^[0-9a-f-]{36}$/);
  expect((await world.records(1))[0]).toMatchObject({ responseCode: 201, targetIpPort: "-", targetGroupArn: groupArn });
});

it.each([204, 304])("sends no body with %i", async (statusCode) => {
  const world = await openFunction(returns({ statusCode, body: "no" }));
  expect(await send(world.port, "/")).toMatchObject({ status: statusCode, body: "" });
});

it("answers HEAD with the length of the body alone", async () => {
  const world = await openFunction(returns({ statusCode: 200, body: "four" }));
  const reply = await send(world.port, "/", { method: "HEAD" });
  expect(reply).toMatchObject({ status: 200, body: "" });
  expect(reply.headers["content-length"]).toBe("4");
});

it.each<[string, unknown]>([
  ["no JSON", "hello {"],
  ["a string", '"hello"'],
  ["null", "null"],
  ["an array", "[]"],
  ["no status", { body: "x" }],
  ["a status as text", { statusCode: "200" }],
  ["a status with a fraction", { statusCode: 200.5 }],
  ["an interim status", { statusCode: 101 }],
  ["a status that is none", { statusCode: 600 }],
  ["a body that is no string", { statusCode: 200, body: {} }],
  ["headers that are no object", { statusCode: 200, headers: [] }],
  ["a header value that is no string", { statusCode: 200, headers: { a: ["b"] } }],
  ["a header value with a line break", { statusCode: 200, headers: { a: "b\r\nset-cookie: c" } }],
  ["a header name with a line break", { statusCode: 200, headers: { "a\r\nb": "c" } }],
  ["an empty header name", { statusCode: 200, headers: { "": "c" } }],
  ["more than 6 MB", { statusCode: 200, body: "a".repeat(6 * 1024 * 1024) }],
])("answers 502 to a function that returns %s", async (_name, value) => {
  const world = await openFunction(returns(value));

  expect((await send(world.port, "/")).status).toBe(502);
  expect((await world.records(1))[0]).toMatchObject({ failureReason: "TargetProtocolError" });
});

it.each<[string, Invoke, number, string]>([
  [
    "fails",
    () =>
      Promise.resolve({
        payload: Buffer.from('{"statusCode":200,"errorMessage":"secret"}'),
        functionError: "Unhandled",
      }),
    502,
    "TargetProtocolError",
  ],
  ["is unknown", () => Promise.reject(new LambdaInvokeError("unknown-function", "x")), 502, "TargetConnectionError"],
  ["is throttled", () => Promise.reject(new LambdaInvokeError("throttled", "x")), 502, "TargetConnectionError"],
  ["cannot take the event", () => Promise.reject(new LambdaInvokeError("too-large", "x")), 413, "ClientProtocolError"],
  [
    "does not answer in time",
    (_arn, _payload, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("aborted")))),
    504,
    "TargetDataTimeout",
  ],
  ["does not even stop in time", () => new Promise(() => undefined), 504, "TargetDataTimeout"],
])("a function that %s", async (_name, invoke, status, failureReason) => {
  const world = await openFunction(invoke, "V1", 0.2);

  const reply = await send(world.port, "/");

  expect(reply.status).toBe(status);
  expect(reply.body).not.toContain("secret");
  expect((await world.records(1))[0]).toMatchObject({ responseCode: status, failureReason });
});

it("answers 413 to a body above 6 MB, with and without a length, and takes one of 6 MB", async () => {
  let length = 0;
  const world = await openFunction((_arn, payload) => {
    length = payload.length;
    return returns({ statusCode: 200 })("", "", AbortSignal.timeout(1));
  });
  const limit = 6 * 1024 * 1024;
  const post = (body: Buffer, headers: Record<string, string> = {}) =>
    send(world.port, "/", { method: "POST", body, headers });

  expect((await post(Buffer.alloc(limit + 1))).status).toBe(413);
  expect((await post(Buffer.alloc(limit + 1), { "transfer-encoding": "chunked" })).status).toBe(413);
  expect(length).toBe(0);
  expect((await post(Buffer.alloc(limit))).status).toBe(200);
  expect(length).toBeGreaterThan(limit);
});

it("stops an invocation when the client goes away", async () => {
  const stopped = Promise.withResolvers<void>();
  const world = await openFunction((_arn, _payload, signal) => {
    signal.addEventListener("abort", () => stopped.resolve());
    return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
  });
  const socket = await openSocket(world.port);
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  await pause(50);
  socket.destroy();

  await stopped.promise;
  expect((await world.records(1))[0]).toMatchObject({
    responseCode: 400,
    failureReason: "ClientConnectionClosed",
  });
});

it("invokes the version or alias that the target names", async () => {
  const arns: string[] = [];
  const world = await openFunction((arn) => {
    arns.push(arn);
    return returns({ statusCode: 200 })("", "", AbortSignal.timeout(1));
  });
  await send(world.port, "/");
  expect(arns).toEqual([functionArn]);
});
