import type { RAM } from "@aws-sdk/client-ram";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { account, type ControlPlaneHarness, otherAccount, startControlPlane } from "../harness/control-plane.ts";
import { newService } from "../harness/lattice-resources.ts";
import { acceptShare, newShare, statusesOf } from "../harness/resource-shares.ts";

let plane: ControlPlaneHarness;
let ram: RAM;
beforeEach(async () => {
  plane = await startControlPlane();
  ram = plane.ramOf({});
});
afterEach(async () => {
  expect(plane.faults).toEqual([]);
  await plane[Symbol.asyncDispose]();
});

interface Entry {
  readonly id: string;
  readonly operation: string;
  readonly changes: readonly Readonly<Record<string, unknown>>[];
}

async function history(query = ""): Promise<readonly Entry[]> {
  const { json } = await plane.send("GET", `/pergola/history${query}`);
  return (json as { items: Entry[] }).items;
}

const rollback = (to: string | undefined) => plane.send("POST", "/pergola/rollback", JSON.stringify({ to }));

describe("history of resource shares", () => {
  it("says what was shared with whom, and not how it is kept", async () => {
    const service = await newService(plane.client);
    const resourceShareArn = await newShare(ram, { resourceArns: [service.arn], principals: [otherAccount] });
    const [id] = resourceShareArn.split("/").slice(-1);
    await ram.updateResourceShare({ resourceShareArn, name: "renamed" });

    const entries = await history(`?resource=${id}`);

    expect(entries.map(({ operation }) => operation)).toEqual(["UpdateResourceShare", "CreateResourceShare"]);
    expect(entries[1]?.changes).toEqual(
      expect.arrayContaining([
        { action: "change", kind: "resource-share", id },
        { action: "change", kind: "resource-share-association", id, name: service.arn },
        { action: "change", kind: "resource-share-association", id, name: otherAccount },
      ]),
    );
  });

  it("is not rolled back: shares stay as they are, without the resources that go", async () => {
    const kept = await newService(plane.client);
    const [before] = await history();
    const going = await newService(plane.client);
    const resourceShareArn = await newShare(ram, {
      resourceArns: [kept.arn, going.arn],
      principals: [otherAccount],
    });
    await acceptShare(plane.ramOf({ account: otherAccount }), resourceShareArn);
    const dryRun = await plane.send("POST", "/pergola/rollback", JSON.stringify({ to: before?.id, dryRun: true }));
    const untouched = await statusesOf(ram, resourceShareArn, "RESOURCE");

    const { status } = await rollback(before?.id);

    expect([dryRun.status, status]).toEqual([200, 200]);
    expect(untouched).toEqual({ [kept.arn]: "ASSOCIATED", [going.arn]: "ASSOCIATED" });
    expect(await statusesOf(ram, resourceShareArn, "RESOURCE")).toEqual({
      [kept.arn]: "ASSOCIATED",
      [going.arn]: "DISASSOCIATED",
    });
    const consumer = plane.clientOf({ account: otherAccount });
    expect((await consumer.listServices({})).items).toMatchObject([{ arn: kept.arn }]);
  });

  it("does not give a deleted resource its shares back", async () => {
    const service = await newService(plane.client);
    const resourceShareArn = await newShare(ram, { resourceArns: [service.arn], principals: [otherAccount] });
    await acceptShare(plane.ramOf({ account: otherAccount }), resourceShareArn);
    const [before] = await history();
    await plane.client.deleteService({ serviceIdentifier: service.id });

    expect((await rollback(before?.id)).status).toBe(200);
    expect((await plane.client.getService({ serviceIdentifier: service.id })).arn).toBe(service.arn);
    expect(await statusesOf(ram, resourceShareArn, "RESOURCE")).toEqual({ [service.arn]: "DISASSOCIATED" });
    expect((await plane.clientOf({ account: otherAccount }).listServices({})).items).toEqual([]);
  });

  it("of an accepted invitation is the receiver's own, and blocks no rollback of either", async () => {
    const [mine, theirs] = [plane.client, plane.clientOf({ account: otherAccount })];
    const service = await newService(mine);
    const own = await newService(theirs);
    const resourceShareArn = await newShare(ram, { resourceArns: [service.arn], principals: [otherAccount] });
    await acceptShare(plane.ramOf({ account: otherAccount }), resourceShareArn);
    await mine.updateService({ serviceIdentifier: service.id, authType: "AWS_IAM" });
    const [, , created] = await history();

    expect(created).toMatchObject({ operation: "CreateService", account });
    expect((await rollback(created?.id)).status).toBe(200);
    expect((await mine.getService({ serviceIdentifier: service.id })).authType).toBe("NONE");
    expect((await theirs.getService({ serviceIdentifier: own.id })).arn).toBe(own.arn);
    expect((await theirs.getService({ serviceIdentifier: service.arn })).arn).toBe(service.arn);
  });
});
