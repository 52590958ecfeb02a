import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { gunzipSync } from "node:zlib";
import { encodeRecordMessage } from "@pergola/access-logs";
import { type DomainVerification, owners, type TargetHealth } from "@pergola/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { startDnsServer } from "../harness/dns-server.ts";
import { watchedDomain } from "../harness/domain-verifications.ts";
import { groupId, openScene, openTarget, subscription, useBundles } from "./scene.ts";

const { dir } = useBundles("health-checks", "log-delivery", "domain-verification");

async function resultOf(invocation: { response: Promise<{ message: AsyncIterable<Buffer> }> }): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of (await invocation.response).message) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}

describe("health checks on a schedule", () => {
  it("find out about every target, and leave the lease free", async () => {
    const scene = await openScene();
    const good = await openTarget((_request, response) => response.end());
    const bad = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => bad.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void bad.close());
    const badPort = (bad.address() as AddressInfo).port;
    const healthCheck = { enabled: true, healthCheckIntervalSeconds: 1, unhealthyThresholdCount: 2 };
    const group = { id: groupId, arn: groupId, type: "IP", config: { port: 80, healthCheck }, serviceId: "svc-1" };
    await scene.put(owners.checkedGroups, groupId, group);
    await scene.putTarget({ id: good.id, port: good.port });
    await scene.putTarget({ id: "127.0.0.1", port: badPort });
    const entry = await scene.start(dir, "health-checks");
    const statuses = async (): Promise<Record<string, string>> => {
      const { items } = await scene.store.list<TargetHealth>(owners.health(groupId));
      return Object.fromEntries(items.map(({ id, value }) => [id, value.status]));
    };

    expect(await resultOf(entry.invoke({}, 8_700))).toEqual({ checked: true });
    expect(await statuses()).toEqual({ [`127.0.0.1:${good.port}`]: "HEALTHY" });
    expect(await resultOf(entry.invoke({}, 9_200))).toEqual({ checked: true });
    expect(await statuses()).toEqual({ [`127.0.0.1:${good.port}`]: "HEALTHY", [`127.0.0.1:${badPort}`]: "UNHEALTHY" });
    expect(await scene.store.get({ owner: "health-checks", id: "lease" })).toBeUndefined();
  });

  it("fail loudly where the function's timeout leaves no time", async () => {
    const scene = await openScene();
    const entry = await scene.start(dir, "health-checks");
    await expect(entry.invoke({}, 3_000).response).rejects.toThrow("give it 70 seconds");
  });
});

describe("domain verification on a schedule", () => {
  const { key, writes } = watchedDomain("dv-0123456789abcdef0");

  it("looks the TXT record up at the DNS server it is told of, and leaves the lease free", async () => {
    await using dns = await startDnsServer();
    const scene = await openScene();
    const entry = await scene.start(dir, "domain-verification", { PERGOLA_DNS_SERVER: dns.address });
    const round = async () => (await resultOf(entry.invoke({}, 25_000))) as { round: string };
    const status = async () => (await scene.store.get<DomainVerification>(key))?.value.status;

    expect(await round()).toEqual({ round: "idle" });
    await scene.store.transact(writes);
    expect([await round(), await status()]).toEqual([{ round: "done" }, "PENDING"]);
    dns.records.set("_abc.example.com", "SERVFAIL");
    expect([await round(), await status()]).toEqual([{ round: "done" }, "PENDING"]);
    dns.records.set("_abc.example.com", [["vpc-lattice:", "abc"]]);
    expect([await round(), await status()]).toEqual([{ round: "done" }, "VERIFIED"]);
    expect(entry.output.join("")).toContain("a domain is verified");
    expect(await scene.store.get({ owner: "domain-verification", id: "lease" })).toBeUndefined();
  });

  it("fails loudly where the function's timeout leaves no time", async () => {
    const scene = await openScene();
    const entry = await scene.start(dir, "domain-verification");
    await expect(entry.invoke({}, 3_000).response).rejects.toThrow("give it 60 seconds");
  });
});

describe("log delivery", () => {
  it("writes the lines as they are, and gives back what a destination did not take", async () => {
    const scene = await openScene();
    const objects: { path: string; text: string }[] = [];
    scene.aws.operations.set("PutObject", ({ body }, path) => {
      objects.push({ path, text: gunzipSync(body as Buffer).toString() });
      return { status: 200, body: "" };
    });
    scene.aws.operations.set("Firehose_20150804.PutRecordBatch", () => ({
      status: 400,
      body: { __type: "ResourceNotFoundException", message: "no stream" },
    }));
    const arn = "arn:aws:firehose:us-west-2:123456789012:deliverystream/logs";
    const firehose = { ...subscription, id: "als-firehose", destinationKind: "firehose", destinationArn: arn } as const;
    const line = JSON.stringify({ requestPath: "/grün", responseCode: 200 });
    const message = (messageId: string, body: string): unknown => ({
      messageId,
      body,
      attributes: { SentTimestamp: "1795600800000" },
    });
    const entry = await scene.start(dir, "log-delivery");

    const result = await resultOf(
      entry.invoke({
        Records: [
          message("1", encodeRecordMessage({ destination: subscription, line })),
          message("2", encodeRecordMessage({ destination: firehose, line })),
          message("3", "no record"),
          message("4", encodeRecordMessage({ destination: subscription, line: "{}" })),
        ],
      }),
    );
    expect(result).toEqual({
      batchItemFailures: expect.arrayContaining([{ itemIdentifier: "2" }, { itemIdentifier: "3" }]),
    });
    expect((result as { batchItemFailures: unknown[] }).batchItemFailures).toHaveLength(2);
    expect(objects).toHaveLength(1);
    expect(objects[0]?.text).toBe(`${line}\n{}\n`);
    expect(objects[0]?.path).toMatch(
      /^\/logs\/AWSLogs\/123456789012\/VpcLattice\/AccessLogs\/us-west-2\/2026\/11\/2\d\/svc-/,
    );
  });
});
