import type { RAM } from "@aws-sdk/client-ram";
import type { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  account,
  type ControlPlaneHarness,
  otherAccount,
  region,
  startControlPlane,
} from "../harness/control-plane.ts";
import { newNetwork } from "../harness/lattice-networked-resources.ts";
import { failureOf, freshName, newService } from "../harness/lattice-resources.ts";
import { acceptShare, newShare } from "../harness/resource-shares.ts";

const orgId = "o-a1b2c3d4e5";
const member = "555500001111";

let plane: ControlPlaneHarness;
let owner: VPCLattice;
let ram: RAM;
let consumer: VPCLattice;
beforeEach(async () => {
  const place = { orgId, paths: [`${orgId}/r-ab12/ou-ab12-11111111/`] };
  const organizationOf = (id: string) => (id === member || id === account ? place : undefined);
  plane = await startControlPlane({ organizations: { organizationOf, hasUnit: () => true } });
  owner = plane.client;
  ram = plane.ramOf({});
  consumer = plane.clientOf({ account: otherAccount });
});
afterEach(async () => {
  expect(plane.faults).toEqual([]);
  await plane[Symbol.asyncDispose]();
});

const serviceType = "vpc-lattice:Service";
const templateOf = (...actions: string[]): string =>
  JSON.stringify({ Effect: "Allow", Action: actions.map((action) => `vpc-lattice:${action}`) });
const reading = templateOf("GetService", "ListServices");
const joining = templateOf("CreateServiceNetworkServiceAssociation");

async function newPermission(policyTemplate: string, resourceType = serviceType): Promise<string> {
  const { permission } = await ram.createPermission({ name: freshName("permission"), resourceType, policyTemplate });
  return permission?.arn ?? "";
}
const succeeds = (promise: Promise<unknown>): Promise<boolean> =>
  promise.then(
    () => true,
    () => false,
  );

/** What the consumer can do with a service: read it, and associate it with a network of its own. */
async function powersOf(arn: string): Promise<readonly boolean[]> {
  const network = await newNetwork(consumer);
  const join = { serviceIdentifier: arn, serviceNetworkIdentifier: network.id };
  return [
    await succeeds(consumer.getService({ serviceIdentifier: arn })),
    await succeeds(consumer.createServiceNetworkServiceAssociation(join)),
  ];
}

describe("a permission of one's own", () => {
  it("says what a share allows, version by version", async () => {
    const service = await newService(owner);
    const permissionArn = await newPermission(reading);
    const resourceShareArn = await newShare(ram, {
      resourceArns: [service.arn],
      principals: [otherAccount],
      permissionArns: [permissionArn],
    });
    await acceptShare(plane.ramOf({ account: otherAccount }), resourceShareArn);
    expect(await powersOf(service.arn)).toEqual([true, false]);

    const { permission } = await ram.createPermissionVersion({ permissionArn, policyTemplate: joining });
    expect(permission).toMatchObject({ version: "2", defaultVersion: true, permission: joining });
    // A share keeps its version until it is given another one.
    expect(await powersOf(service.arn)).toEqual([true, false]);
    const { replacePermissionAssociationsWork: work } = await ram.replacePermissionAssociations({
      fromPermissionArn: permissionArn,
      fromPermissionVersion: 1,
      toPermissionArn: permissionArn,
    });
    expect(work).toMatchObject({ fromPermissionVersion: "1", toPermissionVersion: "2", status: "COMPLETED" });
    expect(await powersOf(service.arn)).toEqual([false, true]);
    await ram.setDefaultPermissionVersion({ permissionArn, permissionVersion: 1 });
    await ram.associateResourceSharePermission({ resourceShareArn, permissionArn, replace: true });
    expect(await powersOf(service.arn)).toEqual([true, false]);
    const { permissions } = await ram.listResourceSharePermissions({ resourceShareArn });
    expect(permissions).toMatchObject([{ arn: permissionArn, version: "1", permissionType: "CUSTOMER_MANAGED" }]);
    const { replacePermissionAssociationsWorks } = await ram.listReplacePermissionAssociationsWork({});
    expect(replacePermissionAssociationsWorks).toEqual([work]);
  });

  it("holds under its conditions, together with those of an organization", async () => {
    await ram.enableSharingWithAwsOrganization({});
    const until = async (time: string): Promise<boolean> => {
      const condition = { DateLessThan: { "aws:CurrentTime": time } };
      const permissionArn = await newPermission(JSON.stringify({ ...JSON.parse(reading), Condition: condition }));
      const service = await newService(owner);
      await newShare(ram, {
        resourceArns: [service.arn],
        principals: [`arn:aws:organizations::${account}:organization/${orgId}`],
        permissionArns: [permissionArn],
      });
      expect(await succeeds(consumer.getService({ serviceIdentifier: service.arn }))).toBe(false);
      return succeeds(plane.clientOf({ account: member }).getService({ serviceIdentifier: service.arn }));
    };

    expect(await until("2100-01-01T00:00:00Z")).toBe(true);
    expect(await until("2001-01-01T00:00:00Z")).toBe(false);
  });

  it("is listed, read, tagged and deleted", async () => {
    const name = freshName("permission");
    const { permission: made } = await ram.createPermission({
      name,
      resourceType: "VPC-LATTICE:service",
      policyTemplate: reading,
      tags: [{ key: "a", value: "1" }],
      clientToken: "once",
    });
    const permissionArn = made?.arn ?? "";
    await ram.createPermission({
      name,
      resourceType: "VPC-LATTICE:service",
      policyTemplate: reading,
      tags: [{ key: "a", value: "1" }],
      clientToken: "once",
    });
    await ram.tagResource({ resourceArn: permissionArn, tags: [{ key: "b", value: "2" }] });
    await ram.untagResource({ resourceArn: permissionArn, tagKeys: ["a"] });
    await ram.createPermissionVersion({ permissionArn, policyTemplate: joining });

    expect(permissionArn).toBe(`arn:aws:ram:${region}:${account}:permission/${name}`);
    expect(made).toMatchObject({ version: "1", defaultVersion: true, resourceType: serviceType, status: "ATTACHABLE" });
    const { permissions } = await ram.listPermissions({ permissionType: "CUSTOMER_MANAGED" });
    expect(permissions).toMatchObject([{ arn: permissionArn, version: "2", tags: [{ key: "b", value: "2" }] }]);
    expect((await ram.listPermissions({})).permissions).toHaveLength(4);
    const { permission: first } = await ram.getPermission({ permissionArn, permissionVersion: 1 });
    expect(first).toMatchObject({ permission: reading, defaultVersion: false });
    const { permissions: versions = [] } = await ram.listPermissionVersions({ permissionArn });
    expect(versions.map(({ version, defaultVersion }) => [version, defaultVersion])).toEqual([
      ["1", false],
      ["2", true],
    ]);
    expect(await ram.deletePermissionVersion({ permissionArn, permissionVersion: 1 })).toMatchObject({
      returnValue: true,
      permissionStatus: "DELETED",
    });
    expect(await ram.deletePermission({ permissionArn })).toMatchObject({ returnValue: true });
    expect((await failureOf(ram.getPermission({ permissionArn }))).name).toBe("UnknownResourceException");
  });

  it("stays as long as a share has it, and its default version always", async () => {
    const service = await newService(owner);
    const permissionArn = await newPermission(reading);
    const resourceShareArn = await newShare(ram, { resourceArns: [service.arn], permissionArns: [permissionArn] });
    await ram.createPermissionVersion({ permissionArn, policyTemplate: joining });
    const drop = (permissionVersion: number) => ram.deletePermissionVersion({ permissionArn, permissionVersion });

    for (const refused of [
      await failureOf(ram.deletePermission({ permissionArn })),
      await failureOf(drop(1)),
      await failureOf(drop(2)),
    ])
      expect(refused.name).toBe("OperationNotPermittedException");
    const { permissions } = await ram.listPermissionAssociations({ permissionArn });
    expect(permissions).toMatchObject([
      {
        arn: permissionArn,
        permissionVersion: "1",
        defaultVersion: false,
        resourceShareArn,
        resourceType: serviceType,
      },
    ]);
    await ram.deleteResourceShare({ resourceShareArn });
    expect(await drop(1)).toMatchObject({ returnValue: true });
    expect(await ram.deletePermission({ permissionArn })).toMatchObject({ returnValue: true });
  });

  it("is one of ten, with five versions at most", async () => {
    const permissionArn = await newPermission(reading);
    for (let i = 1; i < 10; i += 1) await newPermission(reading);
    const again = () => ram.createPermissionVersion({ permissionArn, policyTemplate: reading });
    for (let i = 1; i < 5; i += 1) await again();

    expect((await failureOf(newPermission(reading))).name).toBe("PermissionLimitExceededException");
    expect((await failureOf(again())).name).toBe("PermissionVersionsLimitExceededException");
  });
});

describe("ListPermissionAssociations", () => {
  it("shows what each share has, on pages of any size", async () => {
    const [service, network] = [await newService(owner), await newNetwork(owner)];
    const shares: string[] = [];
    for (let i = 0; i < 3; i += 1) shares.push(await newShare(ram, { resourceArns: [service.arn, network.arn] }));
    const expected = shares
      .flatMap((arn) => [`${arn} vpc-lattice:Service`, `${arn} vpc-lattice:ServiceNetwork`])
      .sort();

    for (const maxResults of [1, 2, 4, 500]) {
      const found: string[] = [];
      for (let nextToken: string | undefined; ; ) {
        const page = await ram.listPermissionAssociations({
          maxResults,
          ...(nextToken === undefined ? {} : { nextToken }),
        });
        found.push(...(page.permissions ?? []).map((one) => `${one.resourceShareArn} ${one.resourceType}`));
        nextToken = page.nextToken;
        if (nextToken === undefined) break;
      }
      expect(found.sort(), `pages of ${maxResults}`).toEqual(expected);
    }
  });
});

describe("permissions that cannot be", () => {
  const template = (statement: unknown): string =>
    typeof statement === "string" ? statement : JSON.stringify(statement);
  it.each<[string, unknown]>([
    ["no JSON", "{"],
    ["a list", []],
    ["nothing", {}],
    ["a denial", { Effect: "Deny", Action: "vpc-lattice:GetService" }],
    ["another kind's action", { Effect: "Allow", Action: "vpc-lattice:GetServiceNetwork" }],
    ["all actions", { Effect: "Allow", Action: "*" }],
    ["a principal", { Effect: "Allow", Action: "vpc-lattice:GetService", Principal: "*" }],
    ["a resource", { Effect: "Allow", Action: "vpc-lattice:GetService", Resource: "*" }],
    [
      "an unknown operator",
      { Effect: "Allow", Action: "vpc-lattice:GetService", Condition: { Like: { "aws:x": "y" } } },
    ],
    [
      "a condition on the organization",
      {
        Effect: "Allow",
        Action: "vpc-lattice:GetService",
        Condition: { StringEquals: { "AWS:PrincipalOrgId": orgId } },
      },
    ],
    ["an element twice", '{"Effect":"Allow","Action":"vpc-lattice:GetService","Action":"vpc-lattice:ListServices"}'],
  ])("have a template with %s", async (_, statement) => {
    const failure = await failureOf(newPermission(template(statement)));

    expect(failure).toMatchObject({ name: "MalformedPolicyTemplateException", $metadata: { httpStatusCode: 400 } });
  });

  it("are of a type that cannot be shared, have a name that is taken, or are AWS's own", async () => {
    const name = freshName("permission");
    const create = (input: object) =>
      ram.createPermission({ name, resourceType: serviceType, policyTemplate: reading, ...input });
    await create({});
    const awsOwn = "AWSRAMPermissionVpcLatticeServiceReadWrite";
    const permissionArn = `arn:aws:ram::aws:permission/${awsOwn}`;
    const names: string[] = [];
    for (const refused of [
      create({}),
      create({ name: "AWSRAMPermissionVpcLatticeServiceReadWrite" }),
      create({ name: "x", resourceType: "ec2:Subnet" }),
      create({ name: "a b" }),
      ram.createPermissionVersion({ permissionArn, policyTemplate: reading }),
      ram.deletePermission({ permissionArn }),
      ram.deletePermission({ permissionArn: `arn:aws:ram:${region}:${otherAccount}:permission/x` }),
      ram.replacePermissionAssociations({
        fromPermissionArn: permissionArn,
        toPermissionArn: "arn:aws:ram::aws:permission/AWSRAMPermissionVpcLatticeResourceConfiguration",
      }),
    ].map(failureOf))
      names.push((await refused).name);

    expect(names).toEqual([
      "PermissionAlreadyExistsException",
      "InvalidParameterException",
      "InvalidResourceTypeException",
      "InvalidParameterException",
      "OperationNotPermittedException",
      "OperationNotPermittedException",
      "UnknownResourceException",
      "InvalidParameterException",
    ]);
  });

  it("are two for the same type in one share, or another account's", async () => {
    const mine = [await newPermission(reading), await newPermission(joining)];
    const twice = await failureOf(newShare(ram, { permissionArns: mine }));
    const theirs = await failureOf(
      newShare(plane.ramOf({ account: otherAccount }), { permissionArns: [mine[0] ?? ""] }),
    );

    expect([twice.name, theirs.name]).toEqual(["InvalidParameterException", "UnknownResourceException"]);
  });
});
