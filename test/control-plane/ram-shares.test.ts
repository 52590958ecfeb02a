import type { RAM } from "@aws-sdk/client-ram";
import type { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { account, type ControlPlaneHarness, region, startControlPlane } from "../harness/control-plane.ts";
import { newNetwork } from "../harness/lattice-networked-resources.ts";
import { failureOf, freshName, newService } from "../harness/lattice-resources.ts";
import { newShare, permissionOf } from "../harness/resource-shares.ts";

let plane: ControlPlaneHarness;
let owner: VPCLattice;
let ram: RAM;
beforeAll(async () => {
  plane = await startControlPlane();
  owner = plane.client;
  ram = plane.ramOf({});
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

const uuid = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";

describe("a resource share", () => {
  it("is made, read, changed and deleted", async () => {
    const name = freshName("share");
    const { resourceShare: made } = await ram.createResourceShare({ name, tags: [{ key: "team", value: "blue" }] });
    const arn = made?.resourceShareArn ?? "";
    const get = async () =>
      (await ram.getResourceShares({ resourceOwner: "SELF", resourceShareArns: [arn] })).resourceShares;

    expect(arn).toMatch(new RegExp(`^arn:aws:ram:${region}:${account}:resource-share/${uuid}$`));
    expect(made).toMatchObject({
      name,
      owningAccountId: account,
      allowExternalPrincipals: true,
      status: "ACTIVE",
      featureSet: "STANDARD",
      tags: [{ key: "team", value: "blue" }],
    });
    expect(made?.creationTime).toBeInstanceOf(Date);
    expect(Math.abs(Date.now() - Number(made?.creationTime))).toBeLessThan(60_000);
    expect(await get()).toEqual([made]);

    const { resourceShare: changed } = await ram.updateResourceShare({
      resourceShareArn: arn,
      name: "renamed",
      allowExternalPrincipals: false,
    });
    expect(changed).toMatchObject({ resourceShareArn: arn, name: "renamed", allowExternalPrincipals: false });
    expect(await get()).toEqual([changed]);

    expect(await ram.deleteResourceShare({ resourceShareArn: arn })).toMatchObject({ returnValue: true });
    expect(await get()).toMatchObject([{ resourceShareArn: arn, status: "DELETED" }]);
    expect((await failureOf(ram.deleteResourceShare({ resourceShareArn: arn }))).name).toBe("UnknownResourceException");
    expect((await failureOf(ram.updateResourceShare({ resourceShareArn: arn, name: "x" }))).name).toBe(
      "UnknownResourceException",
    );
  });

  it("keeps its configuration, and the permission of each kind of its resources", async () => {
    const service = await newService(owner);
    const network = await newNetwork(owner);
    const { resourceShare } = await ram.createResourceShare({
      name: freshName("share"),
      resourceArns: [service.arn],
      permissionArns: [permissionOf("AWSRAMPermissionVpcLatticeResourceConfiguration")],
      resourceShareConfiguration: { retainSharingOnAccountLeaveOrganization: true },
    });
    const resourceShareArn = resourceShare?.resourceShareArn ?? "";
    await ram.associateResourceShare({ resourceShareArn, resourceArns: [network.arn] });
    const { permissions = [] } = await ram.listResourceSharePermissions({ resourceShareArn });

    expect(resourceShare?.resourceShareConfiguration).toEqual({ retainSharingOnAccountLeaveOrganization: true });
    expect(permissions.map(({ resourceType }) => resourceType).sort()).toEqual([
      "vpc-lattice:ResourceConfiguration",
      "vpc-lattice:Service",
      "vpc-lattice:ServiceNetwork",
    ]);
  });

  it("is found by its name, tags, status, permission and ARN, on pages of any size", async () => {
    await using own = await startControlPlane();
    const shares = own.ramOf({});
    const service = await newService(own.client);
    const named = freshName("named");
    const arns: string[] = [];
    for (let i = 0; i < 5; i += 1) arns.push(await newShare(shares, { tags: [{ key: "n", value: String(i) }] }));
    const one = await newShare(shares, { name: named, resourceArns: [service.arn] });
    const find = async (filter: object) => {
      const found: string[] = [];
      for (let nextToken: string | undefined; ; ) {
        const token = nextToken === undefined ? {} : { nextToken };
        const page = await shares.getResourceShares({ resourceOwner: "SELF", maxResults: 2, ...filter, ...token });
        expect(page.resourceShares?.length).toBeGreaterThan(0);
        found.push(...(page.resourceShares ?? []).map(({ resourceShareArn = "" }) => resourceShareArn));
        nextToken = page.nextToken;
        if (nextToken === undefined) return found.sort();
      }
    };

    expect(await find({})).toEqual([...arns, one].sort());
    expect(await find({ name: named })).toEqual([one]);
    expect(await find({ tagFilters: [{ tagKey: "n", tagValues: ["1", "3"] }] })).toEqual([arns[1], arns[3]].sort());
    expect(await find({ tagFilters: [{ tagKey: "n" }] })).toEqual([...arns].sort());
    expect(await find({ permissionArn: permissionOf("AWSRAMPermissionVpcLatticeServiceReadWrite") })).toEqual([one]);
    expect(await find({ resourceShareArns: [arns[2]] })).toEqual([arns[2]]);
    await shares.deleteResourceShare({ resourceShareArn: one });
    expect(await find({ resourceShareStatus: "DELETED" })).toEqual([one]);
    expect(await find({ resourceShareStatus: "ACTIVE" })).toEqual([...arns].sort());
  });

  it("has tags that are set and taken away", async () => {
    const resourceShareArn = await newShare(ram, { tags: [{ key: "a", value: "1" }] });
    await ram.tagResource({ resourceShareArn, tags: [{ key: "a", value: "2" }, { key: "b" }] });
    await ram.untagResource({ resourceShareArn, tagKeys: ["a", "never-there"] });
    const { resourceShares } = await ram.getResourceShares({
      resourceOwner: "SELF",
      resourceShareArns: [resourceShareArn],
    });

    expect(resourceShares?.[0]?.tags).toEqual([{ key: "b", value: "" }]);
  });

  it("comes once for each client token, and its repeated changes too", async () => {
    const clientToken = freshName("token");
    const name = freshName("share");
    const first = await ram.createResourceShare({ name, clientToken });
    const again = await ram.createResourceShare({ name, clientToken });
    const other = await failureOf(ram.createResourceShare({ name: "other", clientToken }));
    const { resourceShares } = await ram.getResourceShares({ resourceOwner: "SELF", name });

    expect(again.resourceShare).toEqual(first.resourceShare);
    expect(again.clientToken).toBe(clientToken);
    expect(other.name).toBe("IdempotentParameterMismatchException");
    expect(resourceShares).toHaveLength(1);
  });
});
