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
import { failureOf, freshName, newService, newTargetGroup } from "../harness/lattice-resources.ts";
import { acceptShare, newShare, statusesOf } from "../harness/resource-shares.ts";

let plane: ControlPlaneHarness;
let owner: VPCLattice;
let ram: RAM;
let consumer: VPCLattice;
let consumerRam: RAM;
beforeAll(async () => {
  plane = await startControlPlane();
  owner = plane.client;
  consumer = plane.clientOf({ account: otherAccount });
  ram = plane.ramOf({});
  consumerRam = plane.ramOf({ account: otherAccount });
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

const uuid = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const nowhere = `arn:aws:ram:${region}:${account}:resource-share/00000000-0000-0000-0000-000000000000`;
const permissionOf = (name: string): string => `arn:aws:ram::aws:permission/${name}`;

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

describe("permissions", () => {
  it("are AWS's own, one for each kind of resource", async () => {
    const { permissions = [] } = await ram.listPermissions({});
    const { permissions: ofNetworks = [] } = await ram.listPermissions({ resourceType: "VPC-lattice:servicenetwork" });
    const { permissions: ofCustomers } = await ram.listPermissions({ permissionType: "CUSTOMER_MANAGED" });
    const { permission } = await ram.getPermission({ permissionArn: ofNetworks[0]?.arn });
    const { permissions: versions } = await ram.listPermissionVersions({ permissionArn: ofNetworks[0]?.arn });
    const { resourceTypes } = await ram.listResourceTypes({});

    expect(permissions.map(({ name, resourceType }) => [name, resourceType])).toEqual([
      ["AWSRAMPermissionVpcLatticeResourceConfiguration", "vpc-lattice:ResourceConfiguration"],
      ["AWSRAMPermissionVpcLatticeServiceNetworkReadWrite", "vpc-lattice:ServiceNetwork"],
      ["AWSRAMPermissionVpcLatticeServiceReadWrite", "vpc-lattice:Service"],
    ]);
    expect(ofNetworks).toMatchObject([
      { version: "1", defaultVersion: true, isResourceTypeDefault: true, permissionType: "AWS_MANAGED" },
    ]);
    expect(ofCustomers).toEqual([]);
    expect(JSON.parse(permission?.permission ?? "")).toMatchObject({
      Effect: "Allow",
      Action: expect.arrayContaining(["vpc-lattice:CreateServiceNetworkVpcAssociation"]),
    });
    expect(versions).toHaveLength(1);
    expect(resourceTypes?.map(({ resourceType }) => resourceType)).toContain("vpc-lattice:Service");
    expect((await failureOf(ram.getPermission({ permissionArn: permissionOf("None") }))).name).toBe(
      "UnknownResourceException",
    );
    expect((await failureOf(ram.getPermission({ permissionArn: ofNetworks[0]?.arn, permissionVersion: 2 }))).name).toBe(
      "UnknownResourceException",
    );
  });

  it("come and go as long as no resource needs them", async () => {
    const permissionArn = permissionOf("AWSRAMPermissionVpcLatticeServiceReadWrite");
    const service = await newService(owner);
    const resourceShareArn = await newShare(ram);
    const add = (replace: boolean) =>
      ram.associateResourceSharePermission({ resourceShareArn, permissionArn, replace });

    expect(await add(false)).toMatchObject({ returnValue: true });
    expect((await failureOf(add(false))).name).toBe("InvalidParameterException");
    expect(await add(true)).toMatchObject({ returnValue: true });
    await ram.associateResourceShare({ resourceShareArn, resourceArns: [service.arn] });
    const remove = () => ram.disassociateResourceSharePermission({ resourceShareArn, permissionArn });
    expect((await failureOf(remove())).name).toBe("InvalidStateTransitionException");
    await ram.disassociateResourceShare({ resourceShareArn, resourceArns: [service.arn] });
    expect(await remove()).toMatchObject({ returnValue: true });
    expect((await failureOf(remove())).name).toBe("UnknownResourceException");
    expect((await ram.listResourceSharePermissions({ resourceShareArn })).permissions).toEqual([]);
  });
});
