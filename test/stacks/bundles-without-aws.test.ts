import { randomUUID } from "node:crypto";
import { type Message, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type MotoServer, startMoto } from "../aws/moto-server.ts";
import { runPergola } from "../cli/run-pergola.ts";
import type { RunningEntry } from "../lambda/run-entry.ts";
import { account } from "./harness/account.ts";
import { type Gate, openGate } from "./harness/gate.ts";
import { apiEvent, exchangeEvent, resultOf, urlAnswerOf, urlEventOf } from "./harness/invocations.ts";
import { type Mesh, openMesh } from "./harness/mesh.ts";
import { deliverRecords, recordsOf } from "./harness/records.ts";
import { openShop, type Shop } from "./harness/shop.ts";

const record = `200 arn:aws:sts::${account}:assumed-role/web/me`;
let moto: MotoServer;
let gate: Gate;
let mesh: Mesh;
let shop: Shop;

beforeAll(async () => {
  moto = await startMoto();
  gate = await openGate(moto.url);
  mesh = await openMesh(moto.url, gate.url);
  shop = await openShop(mesh);
});
afterAll(async () => {
  shop[Symbol.dispose]();
  await mesh[Symbol.asyncDispose]();
  await gate.close();
  await moto.stop();
});

/** A router without a receiver of spans. */
const startRouter = (): Promise<RunningEntry> => mesh.start("Router", { env: { OTEL_EXPORTER_OTLP_ENDPOINT: "" } });

describe("what SST built, while nothing of AWS answers", () => {
  it("Router goes on with what it knows, and no record is lost; for what it does not know it answers 503", async () => {
    const { host } = shop.guarded;
    const path = `/plain/${randomUUID()}`;
    const session = await mesh.sessionOf("web");
    const [router, keyless, cold] = [await startRouter(), await startRouter(), await startRouter()];
    // Less than the configuration and the keys of sessions may take one after the other.
    const ask = async (entry: RunningEntry) =>
      (await urlAnswerOf(entry, urlEventOf({ host, path, session }), 6_000)).status;
    expect(await ask(router)).toBe(200);
    // It has the configuration then, and no use for the keys of sessions.
    expect((await urlAnswerOf(keyless, urlEventOf({ host, path: "/plain/unsigned" }))).status).toBe(403);

    const meanwhile = await gate.whileShut(async () => Promise.all([router, keyless, cold].map(ask)));
    expect(meanwhile).toEqual([200, 503, 503]);
    const { stdout, stderr } = await runPergola(["logs", "recover", "--print"], { stdin: router.output.join("\n") });
    const recovered = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(recovered, stderr).toMatchObject(Array(3).fill({ requestPath: path, responseCode: 200 }));

    expect(await Promise.all([router, keyless, cold].map(ask))).toEqual([200, 200, 200]);
    expect(await deliverRecords(mesh)).toBe(0);
    const delivered = [record, record, record, record];
    expect(await recordsOf(mesh, path)).toEqual({ logGroup: delivered, bucket: delivered, stream: delivered });
  });

  it("all others refuse, give back or fail, and do their work when AWS is there again", async () => {
    const { administrator, clients, recordQueueUrl: QueueUrl } = mesh;
    const path = `/plain/${randomUUID()}`;
    const session = await mesh.sessionOf("web");
    await urlAnswerOf(await startRouter(), urlEventOf({ host: shop.guarded.host, path, session }));
    const { Messages = [] } = await clients.sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ["All"] }),
    );
    const messages = Messages.filter(({ Body }) => Body?.includes(path));
    const proof = await mesh.proofOf("web");
    const [api, exchange, delivery, checks, verification] = [
      await mesh.start("ControlPlane"),
      await mesh.start("CredentialExchange"),
      await mesh.start("AccessRecordsSubscriber"),
      await mesh.start("HealthChecksHandler"),
      await mesh.start("DomainVerificationHandler"),
    ];
    const invokeAll = async () => {
      const failures = (error: unknown) => String(error);
      const answers = await Promise.all([
        urlAnswerOf(api, apiEvent("/services", administrator)),
        urlAnswerOf(exchange, exchangeEvent(proof), 5_000),
        resultOf(delivery, { Records: messages.map(toRecord) }, 60_000),
        resultOf(checks, {}, 8_500).catch(failures),
        resultOf(verification, {}, 60_000).catch(failures),
      ]);
      const { batchItemFailures } = answers[2] as { batchItemFailures: readonly { itemIdentifier: string }[] };
      const givenBack = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier).sort();
      return { api: answers[0].status, exchange: answers[1].status, givenBack, scheduled: answers.slice(3) };
    };

    expect(await gate.whileShut(invokeAll)).toEqual({
      api: 503,
      exchange: 503,
      givenBack: messages.map(({ MessageId }) => MessageId).sort(),
      scheduled: [expect.stringMatching(/^FunctionError/), expect.stringMatching(/^FunctionError/)],
    });
    for (const { output } of [api, exchange, delivery, checks, verification])
      expect(output.join("\n")).toMatch(/^{"level":"(error|warn)"/m);
    expect(await invokeAll()).toEqual({
      api: 200,
      exchange: 200,
      givenBack: [],
      scheduled: [{ checked: true }, { round: "idle" }],
    });
    expect(await recordsOf(mesh, path)).toEqual({ logGroup: [record], bucket: [record], stream: [record] });
  });
});

function toRecord({ MessageId, Body, Attributes }: Message): object {
  return { messageId: MessageId, body: Body, attributes: Attributes };
}
