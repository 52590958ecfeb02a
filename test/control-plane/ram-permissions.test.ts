import type { RAM } from "@aws-sdk/client-ram";
import type { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ControlPlaneHarness, startControlPlane } from "../harness/control-plane.ts";
import { failureOf, newService } from "../harness/lattice-resources.ts";
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
