import type { RAM } from "@aws-sdk/client-ram";
import { type ConfigStore, openMemoryStore, owners } from "@pergola/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  account,
  type ControlPlaneHarness,
  otherAccount,
  region,
  startControlPlane,
} from "../harness/control-plane.ts";
import { interceptTransactions } from "../harness/intercepted-store.ts";
import { failureOf, newService } from "../harness/lattice-resources.ts";
import { startRacingPlanes } from "../harness/racing-planes.ts";
import { invitationTo, newShare, statusesOf } from "../harness/resource-shares.ts";

const planeCount = 8;
const callCount = 64;

let store: ConfigStore;
let planes: readonly ControlPlaneHarness[];
let owners64: readonly RAM[];
let consumers64: readonly RAM[];
beforeEach(async () => {
  store = openMemoryStore();
  planes = await startRacingPlanes(store, planeCount);
  owners64 = planes.map((plane) => plane.ramOf({}));
  consumers64 = planes.map((plane) => plane.ramOf({ account: otherAccount }));
});
afterEach(async () => {
  for (const { faults } of planes) expect(faults).toEqual([]);
  await Promise.all(planes.map((plane) => plane[Symbol.asyncDispose]()));
  await expectConsistent();
  await store.close();
});

function at<T>(list: readonly T[], index: number): T {
  const found = list[index % list.length];
  if (found === undefined) throw new Error("the list is empty");
  return found;
}

/** Calls 64 times at once, over all planes. @returns how often each error came; `none` for success */
async function callAtOnce(call: (index: number) => Promise<unknown>): Promise<Readonly<Record<string, number>>> {
  const outcomes = await Promise.allSettled(Array.from({ length: callCount }, (_, index) => call(index)));
  const names = outcomes.map((outcome) => (outcome.status === "fulfilled" ? "none" : String(outcome.reason.name)));
  return Object.fromEntries([...new Set(names)].map((name) => [name, names.filter((one) => one === name).length]));
}

interface Association {
  readonly shareId: string;
  readonly type: string;
  readonly status: string;
  readonly arn?: string;
  readonly principal?: string;
  readonly invitation?: { readonly id: string };
}

/** What makes shares findable says the same as the associations: no grant, index entry or open invitation too many or too few. */
async function expectConsistent(): Promise<void> {
  const values = async <T>(owner: string) => (await store.list<T>(owner, { limit: 1000 })).items;
  const associations = (await values<Association>(owners.shareAssociations({ account, region }))).map(
    ({ value }) => value,
  );
  const grants = await values<{ arn: string; share?: { id: string } }>(owners.sharedResources(region));
  const indexed = await values(owners.sharesWith(region, otherAccount));
  const invitations = await values<{ status: string }>(owners.shareInvitations({ account: otherAccount, region }));

  expect(grants.map(({ value }) => `${value.share?.id} ${value.arn}`).sort()).toEqual(
    associations
      .filter(({ type, status }) => type === "RESOURCE" && status === "ASSOCIATED")
      .map(({ shareId, arn }) => `${shareId} ${arn}`)
      .sort(),
  );
  const ofConsumer = associations.filter(({ principal }) => principal === otherAccount);
  expect(indexed.map(({ id }) => id).sort()).toEqual(
    ofConsumer
      .filter(({ status }) => status === "ASSOCIATED")
      .map(({ shareId }) => shareId)
      .sort(),
  );
  expect(
    invitations
      .filter(({ value }) => value.status === "PENDING")
      .map(({ id }) => id)
      .sort(),
  ).toEqual(
    ofConsumer
      .filter(({ status }) => status === "ASSOCIATING")
      .map(({ invitation }) => invitation?.id)
      .sort(),
  );
}

describe("at once, and from several processes", () => {
  it("one invitation is accepted once", async () => {
    const resourceShareArn = await newShare(at(owners64, 0), { principals: [otherAccount] });
    const { resourceShareInvitationArn } = await invitationTo(at(consumers64, 0), resourceShareArn);

    const outcomes = await callAtOnce((index) =>
      at(consumers64, index).acceptResourceShareInvitation({ resourceShareInvitationArn }),
    );

    expect(outcomes).toEqual({ none: 1, ResourceShareInvitationAlreadyAcceptedException: callCount - 1 });
    expect(await statusesOf(at(owners64, 0), resourceShareArn, "PRINCIPAL")).toEqual({ [otherAccount]: "ASSOCIATED" });
  });

  it("one account is invited once", async () => {
    const resourceShareArn = await newShare(at(owners64, 0));
    const outcomes = await callAtOnce((index) =>
      at(owners64, index).associateResourceShare({ resourceShareArn, principals: [otherAccount] }),
    );
    const { resourceShareInvitations } = await at(consumers64, 0).getResourceShareInvitations({});

    expect(outcomes).toEqual({ none: callCount });
    expect(resourceShareInvitations).toHaveLength(1);
  });

  it("64 services come into one share, and none is lost", async () => {
    const { client } = at(planes, 0);
    const services = await Promise.all(Array.from({ length: callCount }, () => newService(client)));
    const resourceShareArn = await newShare(at(owners64, 0));

    const outcomes = await callAtOnce((index) =>
      at(owners64, index).associateResourceShare({ resourceShareArn, resourceArns: [at(services, index).arn] }),
    );

    expect(outcomes).toEqual({ none: callCount });
    expect(await statusesOf(at(owners64, 0), resourceShareArn, "RESOURCE")).toEqual(
      Object.fromEntries(services.map(({ arn }) => [arn, "ASSOCIATED"])),
    );
  });

  it("one client token makes one share", async () => {
    const outcomes = await callAtOnce((index) =>
      at(owners64, index).createResourceShare({ name: "once", clientToken: "once" }),
    );
    const { resourceShares } = await at(owners64, 0).getResourceShares({ resourceOwner: "SELF" });

    expect(outcomes).toEqual({ none: callCount });
    expect(resourceShares).toHaveLength(1);
  });

  it("a service that is deleted while it comes into shares is in none", async () => {
    for (let round = 0; round < 10; round += 1) {
      const { client } = at(planes, round);
      const service = await newService(client);
      const shares = await Promise.all(owners64.map((ram) => newShare(ram)));
      const deletion = client.deleteService({ serviceIdentifier: service.id });
      await Promise.allSettled(
        shares.map((resourceShareArn, index) =>
          at(owners64, index).associateResourceShare({ resourceShareArn, resourceArns: [service.arn] }),
        ),
      );
      await deletion;

      const { resources } = await at(owners64, 0).listResources({ resourceOwner: "SELF", resourceArns: [service.arn] });
      expect(resources).toEqual([]);
      await expectConsistent();
    }
  });

  it("a permission that is deleted while shares get it is theirs, or gone", async () => {
    const policyTemplate = JSON.stringify({ Effect: "Allow", Action: "vpc-lattice:GetService" });
    for (let round = 0; round < 10; round += 1) {
      const ram = at(owners64, round);
      const name = `permission-${round}`;
      const { permission } = await ram.createPermission({ name, resourceType: "vpc-lattice:Service", policyTemplate });
      const permissionArn = permission?.arn ?? "";
      const shares = await Promise.all(owners64.map((one) => newShare(one)));
      const [deletion, ...given] = await Promise.allSettled([
        ram.deletePermission({ permissionArn }),
        ...shares.map((resourceShareArn, index) =>
          at(owners64, index).associateResourceSharePermission({ resourceShareArn, permissionArn }),
        ),
      ]);

      const { permissions } = await ram.listPermissionAssociations({ permissionArn });
      const used = given.filter(({ status }) => status === "fulfilled").length;
      expect(permissions).toHaveLength(used);
      expect(deletion?.status).toBe(used === 0 ? "fulfilled" : "rejected");
      for (const resourceShareArn of shares) await ram.deleteResourceShare({ resourceShareArn });
      if (used > 0) await ram.deletePermission({ permissionArn });
    }
  });

  it("an invitation that is accepted while it is taken back comes out one way or the other", async () => {
    for (let round = 0; round < 10; round += 1) {
      const resourceShareArn = await newShare(at(owners64, round), { principals: [otherAccount] });
      const { resourceShareInvitationArn } = await invitationTo(at(consumers64, round), resourceShareArn);
      await Promise.allSettled([
        at(consumers64, 0).acceptResourceShareInvitation({ resourceShareInvitationArn }),
        at(owners64, 1).disassociateResourceShare({ resourceShareArn, principals: [otherAccount] }),
        at(owners64, 2).deleteResourceShare({ resourceShareArn }),
        at(consumers64, 3).rejectResourceShareInvitation({ resourceShareInvitationArn }),
      ]);

      const { resourceShares } = await at(consumers64, 4).getResourceShares({ resourceOwner: "OTHER-ACCOUNTS" });
      expect(resourceShares).toEqual([]);
      await expectConsistent();
    }
  });
});

describe("a share of many resources", () => {
  const count = 60;

  it.each([1, 2, 3, 4].flatMap((nth) => [`before ${nth}`, `after ${nth}`]))(
    "shares nothing any more when its deletion was cut off %s, and the next one finishes it",
    async (cut) => {
      const [when, nth] = cut.split(" ");
      const [plane] = planes;
      if (plane === undefined) throw new Error("no planes");
      const ram = plane.ramOf({});
      const consumer = plane.clientOf({ account: otherAccount });
      const services = await Promise.all(Array.from({ length: count }, () => newService(plane.client)));
      const resourceShareArn = await newShare(ram, { principals: [otherAccount] });
      for (let i = 0; i < count; i += 30) {
        const resourceArns = services.slice(i, i + 30).map(({ arn }) => arn);
        await ram.associateResourceShare({ resourceShareArn, resourceArns });
      }
      const { resourceShareInvitationArn } = await invitationTo(at(consumers64, 0), resourceShareArn);
      await at(consumers64, 0).acceptResourceShareInvitation({ resourceShareInvitationArn });
      expect((await consumer.listServices({})).items).toHaveLength(count);

      let transactions = 0;
      const failing = interceptTransactions(store, async (_, transact) => {
        transactions += 1;
        if (transactions < Number(nth) || (transactions === Number(nth) && when === "after")) await transact();
        if (transactions >= Number(nth)) throw new Error("the power is off");
      });
      await using broken = await startControlPlane({ store: failing });
      const outcome = await broken
        .ramOf({})
        .deleteResourceShare({ resourceShareArn })
        .catch(() => "cut off");
      const begun = transactions > 1 || when === "after";

      expect((await consumer.listServices({})).items).toHaveLength(begun ? 0 : count);
      const finished = transactions < Number(nth) || (when === "after" && Number(nth) === 3);
      if (outcome !== "cut off") expect(finished).toBe(true);
      const again = await ram.deleteResourceShare({ resourceShareArn }).catch((error: Error) => error.name);
      if (typeof again === "string") expect(again).toBe("UnknownResourceException");
      const { resourceShares } = await ram.getResourceShares({ resourceOwner: "SELF" });
      expect(resourceShares).toMatchObject([{ status: "DELETED" }]);
      expect(new Set(Object.values(await statusesOf(ram, resourceShareArn, "RESOURCE")))).toEqual(
        new Set(["DISASSOCIATED"]),
      );
      expect((await failureOf(ram.associateResourceShare({ resourceShareArn, principals: [otherAccount] }))).name).toBe(
        "UnknownResourceException",
      );
    },
  );
});
