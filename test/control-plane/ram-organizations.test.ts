import type { RAM } from "@aws-sdk/client-ram";
import type { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { beforeEach, describe, expect, it } from "vitest";
import { account, type ControlPlaneHarness, startControlPlane } from "../harness/control-plane.ts";
import { failureOf, newService } from "../harness/lattice-resources.ts";
import { acceptShare, newShare, statusesOf } from "../harness/resource-shares.ts";

const orgId = "o-a1b2c3d4e5";
const [outer, inner, empty] = ["ou-ab12-11111111", "ou-ab12-22222222", "ou-ab12-33333333"] as const;
/** In the root, in the outer unit, in the inner one below it, in another organization, in none. */
const [inRoot, inOuter, inInner, elsewhere, nowhere] = [
  "200000000001",
  "200000000002",
  "200000000003",
  "200000000004",
  "200000000005",
] as const;
const everyone = [inRoot, inOuter, inInner, elsewhere, nowhere];
const organizationArn = `arn:aws:organizations::${account}:organization/${orgId}`;
const unitArn = (unit: string): string => `arn:aws:organizations::${account}:ou/${orgId}/${unit}`;

const root = `${orgId}/r-ab12/`;
let places: Record<string, { orgId: string; paths: string[] }>;
let plane: ControlPlaneHarness;
let owner: VPCLattice;
let ram: RAM;
beforeEach(async () => {
  places = {
    [account]: { orgId, paths: [root] },
    [inRoot]: { orgId, paths: [root] },
    [inOuter]: { orgId, paths: [`${root}${outer}/`] },
    [inInner]: { orgId, paths: [`${root}${outer}/${inner}/`] },
    [elsewhere]: { orgId: "o-z1b2c3d4e5", paths: ["o-z1b2c3d4e5/r-zz12/"] },
  };
  plane = await startControlPlane({
    organizations: {
      organizationOf: (id) => places[id],
      hasUnit: (id, unit) => id === orgId && [outer, inner, empty].some((known) => known === unit),
    },
  });
  owner = plane.client;
  ram = plane.ramOf({});
  return () => plane[Symbol.asyncDispose]();
});

const others = { resourceOwner: "OTHER-ACCOUNTS" } as const;
const canRead = (id: string, arn: string): Promise<boolean> =>
  plane
    .clientOf({ account: id })
    .getService({ serviceIdentifier: arn })
    .then(
      () => true,
      () => false,
    );
async function readersOf(arn: string): Promise<readonly string[]> {
  const readers: string[] = [];
  for (const id of everyone) if (await canRead(id, arn)) readers.push(id);
  return readers;
}

describe("sharing within an organization", () => {
  it("needs an invitation until it is enabled, and none after", async () => {
    const resourceShareArn = await newShare(ram, { principals: [inRoot] });
    const before = await statusesOf(ram, resourceShareArn, "PRINCIPAL");
    const inside = await newShare(ram, { allowExternalPrincipals: false });
    const add = (principal: string) =>
      ram.associateResourceShare({ resourceShareArn: inside, principals: [principal] });
    const refused = [await failureOf(add(inRoot)), await failureOf(add(organizationArn))];

    expect(await ram.enableSharingWithAwsOrganization({})).toMatchObject({ returnValue: true });
    await plane.ramOf({ account: inRoot }).enableSharingWithAwsOrganization({});
    const { resourceShareAssociations } = await add(inRoot);

    expect(before).toEqual({ [inRoot]: "ASSOCIATING" });
    expect(refused.map(({ name }) => name)).toEqual(Array(2).fill("OperationNotPermittedException"));
    expect(resourceShareAssociations).toMatchObject([{ associatedEntity: inRoot, external: false }]);
    expect(await statusesOf(ram, inside, "PRINCIPAL")).toEqual({ [inRoot]: "ASSOCIATED" });
    expect(
      (await plane.ramOf({ account: inRoot }).getResourceShareInvitations({})).resourceShareInvitations,
    ).toHaveLength(1);
    expect((await failureOf(add(elsewhere))).name).toBe("OperationNotPermittedException");
  });

  it("is not for an account that is in none", async () => {
    const failure = await failureOf(plane.ramOf({ account: nowhere }).enableSharingWithAwsOrganization({}));

    expect(failure.name).toBe("OperationNotPermittedException");
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ["an account", [inInner], [inInner]],
    ["the organization", [organizationArn], [inRoot, inOuter, inInner]],
    ["a unit, with those below it", [unitArn(outer)], [inOuter, inInner]],
    ["an inner unit", [unitArn(inner)], [inInner]],
    ["a unit without accounts", [unitArn(empty)], []],
    ["a unit and an account", [unitArn(inner), inRoot], [inRoot, inInner]],
  ])("is with %s at once, as with a resource policy of the same words", async (_, principals, readers) => {
    await ram.enableSharingWithAwsOrganization({});
    const [service, twin] = [await newService(owner), await newService(owner)];
    const resourceShareArn = await newShare(ram, {
      resourceArns: [service.arn],
      principals: [...principals],
      allowExternalPrincipals: false,
    });
    const { policies = [] } = await ram.getResourcePolicies({ resourceArns: [service.arn] });
    const [policy = ""] = policies;
    await owner.putResourcePolicy({ resourceArn: twin.arn, policy: policy.replaceAll(service.arn, twin.arn) });

    expect(policies).toHaveLength(1);
    expect(await readersOf(service.arn)).toEqual(readers);
    expect(await readersOf(twin.arn)).toEqual(readers);
    for (const id of everyone) {
      const { items = [] } = await plane.clientOf({ account: id }).listServices({});
      const { resourceShares = [] } = await plane.ramOf({ account: id }).getResourceShares(others);
      const expected = readers.includes(id);
      expect(items.map(({ arn }) => arn).sort(), id).toEqual(expected ? [service.arn, twin.arn].sort() : []);
      expect(
        resourceShares.map((share) => share.resourceShareArn),
        id,
      ).toEqual(expected ? [resourceShareArn] : []);
    }
    expect((await ram.getResourceShares(others)).resourceShares).toEqual([]);
  });

  it("is not with an organization or unit that the owner is not in, or that is not there", async () => {
    await ram.enableSharingWithAwsOrganization({});
    const resourceShareArn = await newShare(ram);
    const add = async (principal: string) =>
      (await failureOf(ram.associateResourceShare({ resourceShareArn, principals: [principal] }))).name;

    expect(await add(organizationArn.replace(orgId, "o-z1b2c3d4e5"))).toBe("UnknownResourceException");
    expect(await add(unitArn(outer).replace(orgId, "o-z1b2c3d4e5"))).toBe("UnknownResourceException");
    expect(await add(unitArn("ou-ab12-99999999"))).toBe("UnknownResourceException");
    expect(await add(`${unitArn(outer)}/x`)).toBe("InvalidParameterException");
    expect(await add("arn:aws:organizations::123456789012:root/o-a1b2c3d4e5/r-ab12")).toBe("InvalidParameterException");
  });

  it("ends when an account leaves the organization, unless the share says that it stays", async () => {
    await ram.enableSharingWithAwsOrganization({});
    const [service, kept] = [await newService(owner), await newService(owner)];
    await newShare(ram, { resourceArns: [service.arn], principals: [inRoot, inOuter] });
    await newShare(ram, {
      resourceArns: [kept.arn],
      principals: [inRoot, organizationArn],
      resourceShareConfiguration: { retainSharingOnAccountLeaveOrganization: true },
    });
    const before = await readersOf(service.arn);
    places = { ...places, [inRoot]: places[elsewhere] ?? { orgId: "", paths: [] } };

    expect(before).toEqual([inRoot, inOuter]);
    expect(await readersOf(service.arn)).toEqual([inOuter]);
    expect(await readersOf(kept.arn)).toEqual([inRoot, inOuter, inInner]);
    const { resources = [] } = await plane.ramOf({ account: inRoot }).listResources(others);
    expect(resources.map(({ arn }) => arn)).toEqual([kept.arn]);
  });

  it("cannot be left by one account, and ends when the owner takes the organization out", async () => {
    await ram.enableSharingWithAwsOrganization({});
    const service = await newService(owner);
    const resourceShareArn = await newShare(ram, {
      resourceArns: [service.arn],
      principals: [organizationArn, inRoot],
    });
    const leave = plane
      .ramOf({ account: inRoot })
      .disassociateResourceShare({ resourceShareArn, principals: [inRoot] });
    expect((await failureOf(leave)).name).toBe("OperationNotPermittedException");
    const remove = async (principal: string): Promise<readonly string[]> => {
      await ram.disassociateResourceShare({ resourceShareArn, principals: [principal] });
      return readersOf(service.arn);
    };

    expect(await remove(organizationArn)).toEqual([inRoot]);
    expect(await remove(inRoot)).toEqual([]);
  });

  it("and with the outside go together in one share", async () => {
    await ram.enableSharingWithAwsOrganization({});
    const service = await newService(owner);
    const resourceShareArn = await newShare(ram, {
      resourceArns: [service.arn],
      principals: [unitArn(outer), elsewhere],
    });
    const before = await readersOf(service.arn);
    await acceptShare(plane.ramOf({ account: elsewhere }), resourceShareArn);

    expect(before).toEqual([inOuter, inInner]);
    expect(await readersOf(service.arn)).toEqual([inOuter, inInner, elsewhere]);
    const { principals = [] } = await ram.listPrincipals({ resourceOwner: "SELF" });
    expect(principals.map(({ id, external }) => [id, external]).sort()).toEqual(
      [
        [unitArn(outer), false],
        [elsewhere, true],
      ].sort(),
    );
  });
});
