import type { RAM } from "@aws-sdk/client-ram";
import type { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  account,
  type ControlPlaneHarness,
  otherAccount,
  region,
  startControlPlane,
} from "../harness/control-plane.ts";
import { newConfiguration, newGateway, newNetwork } from "../harness/lattice-networked-resources.ts";
import { failureOf, newService, newTargetGroup } from "../harness/lattice-resources.ts";
import { acceptShare, newShare, statusesOf } from "../harness/resource-shares.ts";

let plane: ControlPlaneHarness;
let owner: VPCLattice;
let ram: RAM;
let consumer: VPCLattice;
let consumerRam: RAM;
beforeAll(async () => {
  plane = await startControlPlane();
  owner = plane.client;
  ram = plane.ramOf({});
  consumer = plane.clientOf({ account: otherAccount });
  consumerRam = plane.ramOf({ account: otherAccount });
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

const nowhere = `arn:aws:ram:${region}:${account}:resource-share/00000000-0000-0000-0000-000000000000`;

describe("the resources of a share", () => {
  it("are services, networks and resource configurations, in and out again", async () => {
    const gateway = await newGateway(owner);
    const resources = [
      (await newService(owner)).arn,
      (await newNetwork(owner)).arn,
      (await newConfiguration(owner, { resourceGatewayIdentifier: gateway.id })).arn,
    ];
    const resourceShareArn = await newShare(ram);

    const added = await ram.associateResourceShare({ resourceShareArn, resourceArns: resources });
    const { resources: listed = [] } = await ram.listResources({
      resourceOwner: "SELF",
      resourceShareArns: [resourceShareArn],
    });
    const removed = await ram.disassociateResourceShare({ resourceShareArn, resourceArns: resources.slice(0, 1) });

    expect(added.resourceShareAssociations).toMatchObject(
      resources.map((arn) => ({ associatedEntity: arn, associationType: "RESOURCE", status: "ASSOCIATING" })),
    );
    expect(listed.map(({ arn, type, status }) => [arn, type, status]).sort()).toEqual(
      [
        [resources[0], "vpc-lattice:Service", "AVAILABLE"],
        [resources[1], "vpc-lattice:ServiceNetwork", "AVAILABLE"],
        [resources[2], "vpc-lattice:ResourceConfiguration", "AVAILABLE"],
      ].sort(),
    );
    expect(removed.resourceShareAssociations).toMatchObject([{ status: "DISASSOCIATING" }]);
    expect(await statusesOf(ram, resourceShareArn, "RESOURCE")).toEqual({
      [resources[0] ?? ""]: "DISASSOCIATED",
      [resources[1] ?? ""]: "ASSOCIATED",
      [resources[2] ?? ""]: "ASSOCIATED",
    });
    await ram.associateResourceShare({ resourceShareArn, resourceArns: resources.slice(0, 1) });
    expect(Object.values(await statusesOf(ram, resourceShareArn, "RESOURCE"))).toEqual(Array(3).fill("ASSOCIATED"));
  });

  it("leave it when they are deleted, whatever shares they are in", async () => {
    const service = await newService(owner);
    const network = await newNetwork(owner);
    const shares = [
      await newShare(ram, { resourceArns: [service.arn, network.arn], principals: [otherAccount] }),
      await newShare(ram, { resourceArns: [service.arn] }),
    ];
    await acceptShare(consumerRam, shares[0] ?? "");

    await owner.deleteService({ serviceIdentifier: service.id });

    for (const arn of shares) {
      expect(await statusesOf(ram, arn, "RESOURCE")).toMatchObject({ [service.arn]: "DISASSOCIATED" });
    }
    const { resources = [] } = await consumerRam.listResources({ resourceOwner: "OTHER-ACCOUNTS" });
    expect(resources.map(({ arn }) => arn)).toEqual([network.arn]);
  });

  it("have no sources, which are for services of AWS", async () => {
    const arn = await newShare(ram);
    const { sourceAssociations } = await ram.listSourceAssociations({ resourceShareArns: [arn] });
    const unknown = await failureOf(ram.listSourceAssociations({ resourceShareArns: [nowhere] }));

    expect(sourceAssociations).toEqual([]);
    expect(unknown.name).toBe("UnknownResourceException");
  });

  it("may be in 25 shares, and a request may name 30 things", async () => {
    const service = await newService(owner);
    const network = await newNetwork(owner);
    for (let i = 0; i < 25; i += 1) await newShare(ram, { resourceArns: [service.arn] });
    const accounts = (count: number) => Array.from({ length: count }, (_, i) => String(300_000_000_000 + i));

    const oneMore = await failureOf(newShare(ram, { resourceArns: [service.arn] }));
    const tooMany = await failureOf(newShare(ram, { resourceArns: [network.arn], principals: accounts(30) }));
    const most = await newShare(ram, { resourceArns: [network.arn], principals: accounts(29) });

    expect([oneMore.name, tooMany.name]).toEqual(Array(2).fill("ResourceShareLimitExceededException"));
    expect(Object.keys(await statusesOf(ram, most, "PRINCIPAL"))).toHaveLength(29);
    await owner.deleteService({ serviceIdentifier: service.id });
    const { items } = await owner.listServices({});
    expect(items?.map(({ id }) => id)).not.toContain(service.id);
    await ram.deleteResourceShare({ resourceShareArn: most });
    expect(new Set(Object.values(await statusesOf(ram, most, "PRINCIPAL")))).toEqual(new Set(["DISASSOCIATED"]));
  });

  it("can be other accounts' nor of other kinds, and have to be there", async () => {
    const theirs = await newService(consumer);
    const group = await newTargetGroup(owner);
    const service = await newService(owner);
    const hidden = await newNetwork(owner, { sharingConfig: { enabled: false } });
    const gone = service.arn.replace(service.id, "svc-00000000000000000");
    const resourceShareArn = await newShare(ram);
    const failures: Record<string, string> = {};
    for (const [arn, what] of [
      [theirs.arn, "another account's"],
      [group.arn, "a target group"],
      [gone, "not there"],
      [service.arn.replace(region, "eu-west-1"), "another region's"],
      [hidden.arn, "a network whose sharing is off"],
      ["arn:aws:s3:::a-bucket", "a bucket"],
      ["svc-00000000000000000", "no ARN"],
    ] as const) {
      const failure = await failureOf(
        ram.associateResourceShare({ resourceShareArn, resourceArns: [service.arn, arn] }),
      );
      failures[what] = failure.name;
    }

    expect(failures).toEqual({
      "another account's": "OperationNotPermittedException",
      "a target group": "MalformedArnException",
      "not there": "UnknownResourceException",
      "another region's": "UnknownResourceException",
      "a network whose sharing is off": "OperationNotPermittedException",
      "a bucket": "MalformedArnException",
      "no ARN": "MalformedArnException",
    });
    expect(await statusesOf(ram, resourceShareArn, "RESOURCE")).toEqual({});
  });
});
