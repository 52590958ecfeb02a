import { decodeRecordMessage, findRecordMessage } from "@pergola/access-logs";
import { sealSession } from "@pergola/iam";
import { describe, expect, it } from "vitest";
import {
  account,
  functionArn,
  groupId,
  host,
  lambdaGroup,
  openScene,
  openTarget,
  urlEvent,
  useBundles,
} from "./scene.ts";
import { kmsEnvironment, openSessionRing } from "./session-ring.ts";
import { signedHeaders } from "./signed-headers.ts";
import { readUrlResponse } from "./url-response.ts";

const { dir } = useBundles("router-stream");

function recordOf(text: string | undefined): Record<string, unknown> {
  return JSON.parse(decodeRecordMessage(text ?? "")?.line ?? "{}");
}

describe("the streaming router", () => {
  it("passes the first byte on before the target has finished, and the response before its record", async () => {
    const scene = await openScene();
    const rest = Promise.withResolvers<void>();
    const target = await openTarget(async (_request, response) => {
      response.writeHead(201, [
        "Content-Type",
        "text/plain",
        "Set-Cookie",
        "a=1",
        "Set-Cookie",
        "b=2",
        "X-Two",
        "1",
        "X-Two",
        "2",
      ]);
      response.write("first ");
      await rest.promise;
      response.end("last");
    });
    await scene.putTarget(target);
    const queue = Promise.withResolvers<void>();
    const { operations } = scene.aws;
    const send = operations.get("AmazonSQS.SendMessageBatch");
    operations.set("AmazonSQS.SendMessageBatch", async (input, path) => {
      await queue.promise;
      return send?.(input, path);
    });
    const entry = await scene.start(dir, "router-stream");

    const invocation = entry.invoke(urlEvent({ path: "/a%2Fb", query: "x=%20y" }));
    const first = Promise.withResolvers<string>();
    const reading = readUrlResponse(invocation, (body) => body.length > 0 && first.resolve(body.toString()));
    expect(await first.promise).toBe("first ");
    rest.resolve();
    const response = await reading;
    expect(response).toMatchObject({ statusCode: 201, cookies: ["a=1", "b=2"], brokenOff: false });
    expect(response.headers).toMatchObject({ "content-type": "text/plain", "x-two": "1, 2" });
    expect(response.body.toString()).toBe("first last");

    expect(scene.queued).toEqual([]);
    queue.resolve();
    await invocation.over;
    expect(recordOf(scene.queued[0])).toMatchObject({
      requestPath: "/a%2Fb",
      hostHeader: host,
      responseCode: 201,
      sourceIpPort: "203.0.113.7:0",
      tlsVersion: "TLSv1.3",
      targetIpPort: `127.0.0.1:${target.port}`,
    });
  });

  it("breaks a response off where its target does, records why, and answers the next request", async () => {
    const scene = await openScene();
    let count = 0;
    const target = await openTarget((_request, response) => {
      count += 1;
      if (count > 1) {
        response.end("whole");
        return;
      }
      response.writeHead(200, { "content-length": "100" });
      response.write("some", () => setTimeout(() => response.destroy(), 50));
    });
    await scene.putTarget(target);
    const entry = await scene.start(dir, "router-stream");

    const invocation = entry.invoke(urlEvent());
    expect(await readUrlResponse(invocation)).toMatchObject({ brokenOff: true });
    const next = entry.invoke(urlEvent());
    expect((await readUrlResponse(next)).body.toString()).toBe("whole");
    await next.over;
    expect(scene.queued.map((text) => recordOf(text).failureReason)).toEqual(["TargetConnectionClosed", "-"]);
  });

  it("streams up to 200 MB, breaks off what is more, and records why", async () => {
    const scene = await openScene();
    const piece = Buffer.alloc(1024 * 1024, "a");
    const target = await openTarget((request, response) => {
      const send = (left: number): void => {
        if (left === 0) response.end();
        else response.write(piece, () => send(left - 1));
      };
      send(request.url === "/whole" ? 199 : 201);
    });
    await scene.putTarget(target);
    const entry = await scene.start(dir, "router-stream");
    const read = async (path: string) => {
      const invocation = entry.invoke(urlEvent({ path }));
      const { message } = await invocation.response;
      let bytes = 0;
      for await (const chunk of message as AsyncIterable<Buffer>) bytes += chunk.length;
      await invocation.over;
      return { bytes, failed: message.trailers["lambda-runtime-function-error-type"] !== undefined };
    };

    const whole = await read("/whole");
    expect([Math.floor(whole.bytes / piece.length), whole.failed]).toEqual([199, false]);
    const more = await read("/more");
    expect([Math.floor(more.bytes / piece.length), more.failed]).toEqual([199, true]);
    expect(scene.queued.map(recordOf)).toMatchObject([
      { responseCode: 200, failureReason: "-" },
      { responseCode: 200, failureReason: "TargetProtocolError" },
    ]);
  });

  it("answers 502 in place of a response that says that it is larger than 200 MB, and not to a HEAD of it", async () => {
    const scene = await openScene();
    const length = 200 * 1024 * 1024;
    const closed = Promise.withResolvers<void>();
    const target = await openTarget((request, response) => {
      response.writeHead(200, { "content-length": length });
      if (request.method === "HEAD") response.end();
      else response.write("a".repeat(100_000));
      if (request.method !== "HEAD") response.on("close", () => closed.resolve());
    });
    await scene.putTarget(target);
    const entry = await scene.start(dir, "router-stream");

    const large = entry.invoke(urlEvent());
    const answer = await readUrlResponse(large);
    expect(answer).toMatchObject({ statusCode: 502, brokenOff: false });
    expect(answer.body.toString()).toMatch(/^Bad Gateway: the response is larger than the \d+ bytes/);
    expect(answer.headers["x-amzn-requestid"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.headers).not.toHaveProperty("content-length");
    await Promise.all([large.over, closed.promise]);

    const head = entry.invoke(urlEvent({ method: "HEAD" }));
    expect(await readUrlResponse(head)).toMatchObject({ statusCode: 200, headers: { "content-length": `${length}` } });
    await head.over;
    expect(scene.queued.map(recordOf)).toMatchObject([
      { responseCode: 502, failureReason: "TargetProtocolError" },
      { responseCode: 200, failureReason: "-" },
    ]);
  });

  it("answers 500 to a target that is not there, and 504 in time to one that does not answer", async () => {
    const scene = await openScene();
    const target = await openTarget(() => undefined);
    await scene.putTarget(target);
    const entry = await scene.start(dir, "router-stream");

    const silent = entry.invoke(urlEvent(), 2_500);
    expect(await readUrlResponse(silent)).toMatchObject({ statusCode: 504, brokenOff: false });
    await silent.over;
    target.close();
    expect(await readUrlResponse(entry.invoke(urlEvent()))).toMatchObject({ statusCode: 500 });
    expect(recordOf(scene.queued[0])).toMatchObject({ responseCode: 504, failureReason: "TargetDataTimeout" });
  });

  it("takes two round trips of the store for its first request, and none for the next", async () => {
    const scene = await openScene();
    await scene.putTarget(await openTarget((_request, response) => response.end("ok")));
    scene.aws.reads.length = 0;
    const entry = await scene.start(dir, "router-stream");

    await readUrlResponse(entry.invoke(urlEvent()));
    expect([scene.aws.reads[0], ...scene.aws.reads.slice(1).sort()]).toEqual(["GetItem", "GetItem", "Query", "Query"]);
    await readUrlResponse(entry.invoke(urlEvent()));
    expect(scene.aws.reads).toHaveLength(4);
  });

  it.each(["reset", "silent", 500] as const)(
    "answers 503 while the store is away (%s) from the start, never more",
    async (fault) => {
      const scene = await openScene();
      scene.aws.storeFault = fault;
      const entry = await scene.start(dir, "router-stream");
      expect(await readUrlResponse(entry.invoke(urlEvent()))).toMatchObject({ statusCode: 503 });

      scene.aws.storeFault = undefined;
      await scene.putTarget(await openTarget((_request, response) => response.end("ok")));
      expect(await readUrlResponse(entry.invoke(urlEvent()))).toMatchObject({ statusCode: 200 });
    },
  );

  it("goes on with what it knows when the store goes away later, denials included", async () => {
    const scene = await openScene();
    await scene.putTarget(await openTarget((_request, response) => response.end("ok")));
    const env = { PERGOLA_CONFIGURATION_TTL_MS: "50" };
    const entry = await scene.start(dir, "router-stream", env);
    expect(await readUrlResponse(entry.invoke(urlEvent()))).toMatchObject({ statusCode: 200 });
    await scene.putService({ authType: "AWS_IAM" });
    await pause(150);
    expect(await readUrlResponse(entry.invoke(urlEvent()))).toMatchObject({ statusCode: 403 });

    scene.aws.storeFault = "reset";
    await pause(150);
    expect(await readUrlResponse(entry.invoke(urlEvent()))).toMatchObject({ statusCode: 403 });
  });

  it("keeps a record in its own log while the queue is away", async () => {
    const scene = await openScene();
    scene.aws.operations.set("AmazonSQS.SendMessageBatch", () => ({
      status: 400,
      body: { __type: "AWS.SimpleQueueService.NonExistentQueue" },
    }));
    await scene.putTarget(await openTarget((_request, response) => response.end("ok")));
    const entry = await scene.start(dir, "router-stream");

    const invocation = entry.invoke(urlEvent({ path: "/kept" }));
    expect(await readUrlResponse(invocation)).toMatchObject({ statusCode: 200 });
    await invocation.over;
    const found = entry.output.map(findRecordMessage).filter((one) => one !== undefined);
    expect(found).toHaveLength(1);
    expect(recordOf(entry.output.find((line) => findRecordMessage(line)))).toMatchObject({
      requestPath: "/kept",
      responseCode: 200,
    });
  });

  it("invokes functions, and sends the event's body on as it came", async () => {
    const scene = await openScene();
    await scene.putService({ targetGroups: { [groupId]: lambdaGroup } });
    await scene.putTarget({ id: functionArn });
    const events: unknown[] = [];
    scene.aws.operations.set("Invoke", (event) => {
      events.push(event);
      return {
        status: 200,
        body: { statusCode: 200, headers: { "x-from": "function" }, body: "AP8=", isBase64Encoded: true },
      };
    });
    const entry = await scene.start(dir, "router-stream");

    const body = Buffer.from([0, 255, 1]);
    const response = await readUrlResponse(entry.invoke(urlEvent({ method: "POST", body })));
    expect(response).toMatchObject({ statusCode: 200, body: Buffer.from([0, 255]) });
    expect(events).toEqual([
      expect.objectContaining({ method: "POST", body: body.toString("base64"), is_base64_encoded: true }),
    ]);
  });

  it("answers 400 to an event that no client could have sent", async () => {
    const scene = await openScene();
    const entry = await scene.start(dir, "router-stream");
    expect(await readUrlResponse(entry.invoke(urlEvent({ path: "/a b" })))).toMatchObject({ statusCode: 400 });
    expect(await readUrlResponse(entry.invoke({}))).toMatchObject({ statusCode: 400 });
  });

  it("answers 404 while nobody says which VPC its callers are in", async () => {
    const scene = await openScene();
    const entry = await scene.start(dir, "router-stream", { PERGOLA_SOURCE_VPC: "none" });
    expect(await readUrlResponse(entry.invoke(urlEvent()))).toMatchObject({ statusCode: 404 });
  });

  it("says what is wrong with its environment before the first event", async () => {
    const scene = await openScene();
    const entry = await scene.start(dir, "router-stream", { PERGOLA_TABLE: "", PERGOLA_SOURCE_VPC: "vpc-1" });
    await new Promise((resolve) => entry.process.once("exit", resolve));
    expect(entry.api.initError).toMatch(/PERGOLA_TABLE has to.*PERGOLA_SOURCE_VPC has to/);
  });
});

describe("callers of the router", () => {
  const role = `arn:aws:iam::${account}:role/shop`;
  const policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { AWS: role }, Action: "vpc-lattice-svcs:Invoke", Resource: "*" }],
  });
  const iamOf = (userArn: string): Record<string, unknown> => ({
    accessKey: "ASIAEXAMPLE",
    accountId: account,
    callerId: "AROAEXAMPLE:session",
    cognitoIdentity: null,
    principalOrgId: "o-ab12cd34ef",
    userArn,
    userId: "AROAEXAMPLE:session",
  });
  const session = {
    accessKeyId: "ASIAPERGOLAEXAMPLE01",
    secretAccessKey: "a-secret-of-a-session",
    expiresAt: new Date(Date.now() + 600_000).toISOString(),
    issuer: role,
    principal: {
      kind: "aws",
      type: "AssumedRole",
      arn: `arn:aws:sts::${account}:assumed-role/shop/one`,
      account,
      roleArn: role,
      sessionName: "one",
      tags: {},
    },
  } as const;
  const { accessKeyId } = session;

  it("are whom Lambda has verified, and whoever proves a session; nobody else gets past a policy", async () => {
    const scene = await openScene();
    const sessionToken = sealSession(await openSessionRing(scene), session);
    const signed = (path: string, secretAccessKey: string = session.secretAccessKey): Record<string, string> =>
      signedHeaders({ path, host, accessKeyId, secretAccessKey, sessionToken });
    await scene.putService({ authType: "AWS_IAM", authPolicy: policy });
    const seen: unknown[] = [];
    const target = await openTarget((request, response) => {
      seen.push(request.headers["x-amzn-lattice-identity"], request.headers.authorization, request.headers.host);
      response.end("ok");
    });
    await scene.putTarget(target);
    const entry = await scene.start(dir, "router-stream", kmsEnvironment);
    const status = async (event: unknown): Promise<number> => (await readUrlResponse(entry.invoke(event))).statusCode;

    expect(await status(urlEvent())).toBe(403);
    expect(await status(urlEvent({ iam: iamOf(`arn:aws:sts::${account}:assumed-role/other/one`) }))).toBe(403);
    expect(await status(urlEvent({ iam: iamOf("arn:of:nothing") }))).toBe(403);
    expect(await status(urlEvent({ headers: signed("/", "another-secret") }))).toBe(403);
    expect(await status(urlEvent({ path: "/other", headers: signed("/") }))).toBe(403);
    expect(seen).toEqual([]);

    expect(await status(urlEvent({ iam: iamOf(session.principal.arn) }))).toBe(200);
    expect(await status(urlEvent({ headers: signed("/") }))).toBe(200);
    expect(seen).toEqual([
      `Principal=${session.principal.arn}; PrincipalOrgID=o-ab12cd34ef; SessionName=one; Type=AWS_IAM`,
      undefined,
      host,
      `Principal=${session.principal.arn}; SessionName=one; Type=AWS_IAM`,
      undefined,
      host,
    ]);
  });

  it("are told to come again while the keys of sessions cannot be read, and let in when they can", async () => {
    const scene = await openScene();
    const sessionToken = sealSession(await openSessionRing(scene), session);
    const decrypt = scene.aws.operations.get("TrentService.Decrypt");
    scene.aws.operations.delete("TrentService.Decrypt");
    await scene.putService({ authType: "AWS_IAM", authPolicy: policy });
    await scene.putTarget(await openTarget((_request, response) => response.end("ok")));
    const entry = await scene.start(dir, "router-stream", kmsEnvironment);
    const { secretAccessKey } = session;
    const headers = signedHeaders({ path: "/", host, accessKeyId, secretAccessKey, sessionToken });
    const status = async (event: unknown): Promise<number> => {
      const invocation = entry.invoke(event);
      const { statusCode } = await readUrlResponse(invocation);
      await invocation.over;
      return statusCode;
    };

    expect(await status(urlEvent({ headers }))).toBe(503);
    expect(recordOf(scene.queued[0])).toMatchObject({ responseCode: 503, failureReason: "InternalError" });
    const { authorization: _, ...unsigned } = headers;
    expect(await status(urlEvent({ headers: unsigned }))).toBe(403);
    expect(entry.output.join("")).toContain("there are no session keys");
    scene.aws.operations.set("TrentService.Decrypt", decrypt ?? (() => undefined));
    expect(await status(urlEvent({ headers }))).toBe(200);
  });

  it("may not name another host where it is not said to be trusted", async () => {
    const scene = await openScene();
    const entry = await scene.start(dir, "router-stream", { PERGOLA_TRUST_FORWARDED_HOST: "0" });
    expect(await readUrlResponse(entry.invoke(urlEvent()))).toMatchObject({ statusCode: 404 });
  });
});

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
