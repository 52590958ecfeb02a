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
import { newNetwork } from "../harness/lattice-networked-resources.ts";
import { failureOf, newService } from "../harness/lattice-resources.ts";
import { acceptShare, invitationTo, newShare, statusesOf } from "../harness/resource-shares.ts";

const stranger = "777700001111";
const start = Date.parse("2026-11-25T10:00:00.000Z");

let now = start;
let plane: ControlPlaneHarness;
let owner: VPCLattice;
let consumer: VPCLattice;
let ram: RAM;
let consumerRam: RAM;
let strangerRam: RAM;
beforeAll(async () => {
  plane = await startControlPlane({ clock: { now: () => new Date(now) } });
  owner = plane.client;
  consumer = plane.clientOf({ account: otherAccount });
  ram = plane.ramOf({});
  consumerRam = plane.ramOf({ account: otherAccount });
  strangerRam = plane.ramOf({ account: stranger });
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

const canRead = (client: VPCLattice, arn: string): Promise<boolean> =>
  client.getService({ serviceIdentifier: arn }).then(
    () => true,
    () => false,
  );
const failuresOf = (promises: readonly Promise<unknown>[]): Promise<readonly string[]> =>
  Promise.all(promises.map(async (promise) => (await failureOf(promise)).name));
const others = { resourceOwner: "OTHER-ACCOUNTS" } as const;

describe("an invitation to a share", () => {
  it("shares nothing before it is accepted, and everything from then on", async () => {
    const service = await newService(owner);
    const resourceShareArn = await newShare(ram, {
      resourceArns: [service.arn],
      tags: [{ key: "secret", value: "1" }],
    });
    const { resourceShareAssociations } = await ram.associateResourceShare({
      resourceShareArn,
      principals: [otherAccount],
    });
    const invitation = await invitationTo(consumerRam, resourceShareArn);
    const { resourceShareInvitationArn } = invitation;

    expect(resourceShareAssociations).toMatchObject([
      { associatedEntity: otherAccount, associationType: "PRINCIPAL", status: "ASSOCIATING", external: true },
    ]);
    expect(invitation).toMatchObject({
      resourceShareArn,
      senderAccountId: account,
      receiverAccountId: otherAccount,
      invitationTimestamp: new Date(now),
      status: "PENDING",
    });
    expect(resourceShareInvitationArn).toMatch(
      new RegExp(`^arn:aws:ram:${region}:${account}:resource-share-invitation/[0-9a-f-]{36}$`),
    );
    expect(await statusesOf(ram, resourceShareArn, "PRINCIPAL")).toEqual({ [otherAccount]: "ASSOCIATING" });
    expect(await canRead(consumer, service.arn)).toBe(false);
    expect((await consumerRam.listPendingInvitationResources({ resourceShareInvitationArn })).resources).toMatchObject([
      { arn: service.arn, type: "vpc-lattice:Service", resourceShareArn },
    ]);
    expect((await consumerRam.getResourceShares(others)).resourceShares).toEqual([]);
    expect((await consumerRam.listResources(others)).resources).toEqual([]);

    const { resourceShareInvitation } = await consumerRam.acceptResourceShareInvitation({ resourceShareInvitationArn });

    expect(resourceShareInvitation).toMatchObject({ resourceShareInvitationArn, status: "ACCEPTED" });
    expect(await statusesOf(ram, resourceShareArn, "PRINCIPAL")).toEqual({ [otherAccount]: "ASSOCIATED" });
    expect(await canRead(consumer, service.arn)).toBe(true);
    expect((await consumer.listServices({})).items).toMatchObject([{ arn: service.arn }]);
    const { resourceShares = [] } = await consumerRam.getResourceShares(others);
    expect(resourceShares).toMatchObject([{ resourceShareArn, owningAccountId: account, status: "ACTIVE" }]);
    expect(resourceShares[0]?.tags).toBeUndefined();
    expect((await consumerRam.listResources(others)).resources).toMatchObject([{ arn: service.arn, resourceShareArn }]);
    expect((await consumerRam.listPrincipals(others)).principals).toMatchObject([{ id: account, resourceShareArn }]);
    expect((await ram.listPrincipals({ resourceOwner: "SELF", resourceArn: service.arn })).principals).toMatchObject([
      { id: otherAccount, resourceShareArn, external: true },
    ]);
    expect((await ram.listResources({ resourceOwner: "SELF", principal: otherAccount })).resources).toMatchObject([
      { arn: service.arn },
    ]);
    expect(
      await failuresOf([
        consumerRam.acceptResourceShareInvitation({ resourceShareInvitationArn }),
        consumerRam.rejectResourceShareInvitation({ resourceShareInvitationArn }),
      ]),
    ).toEqual(Array(2).fill("ResourceShareInvitationAlreadyAcceptedException"));
    await ram.deleteResourceShare({ resourceShareArn });
    expect(await canRead(consumer, service.arn)).toBe(false);
    expect((await consumer.listServices({})).items).toEqual([]);
    expect((await consumerRam.getResourceShares(others)).resourceShares).toEqual([]);
    expect((await consumerRam.listResources(others)).resources).toEqual([]);
  });

  it("can be rejected, and then sent once more", async () => {
    const service = await newService(owner);
    const resourceShareArn = await newShare(ram, { resourceArns: [service.arn], principals: [otherAccount] });
    const first = await invitationTo(consumerRam, resourceShareArn);
    const { resourceShareInvitationArn } = first;
    const { resourceShareInvitation } = await consumerRam.rejectResourceShareInvitation({ resourceShareInvitationArn });

    expect(resourceShareInvitation?.status).toBe("REJECTED");
    expect(
      await failuresOf([
        consumerRam.acceptResourceShareInvitation({ resourceShareInvitationArn }),
        consumerRam.rejectResourceShareInvitation({ resourceShareInvitationArn }),
        consumerRam.listPendingInvitationResources({ resourceShareInvitationArn }),
      ]),
    ).toEqual(Array(3).fill("ResourceShareInvitationAlreadyRejectedException"));
    expect(await statusesOf(ram, resourceShareArn, "PRINCIPAL")).toEqual({ [otherAccount]: "FAILED" });
    expect(await canRead(consumer, service.arn)).toBe(false);

    now += 1000;
    await ram.associateResourceShare({ resourceShareArn, principals: [otherAccount] });
    const second = await invitationTo(consumerRam, resourceShareArn);
    expect(second.resourceShareInvitationArn).not.toBe(resourceShareInvitationArn);
    await acceptShare(consumerRam, resourceShareArn);
    expect(await canRead(consumer, service.arn)).toBe(true);
  });

  it("expires after twelve hours", async () => {
    const service = await newService(owner);
    const resourceShareArn = await newShare(ram, { resourceArns: [service.arn], principals: [otherAccount] });
    const { resourceShareInvitationArn } = await invitationTo(consumerRam, resourceShareArn);
    const hour = 3_600_000;

    now += 12 * hour - 1;
    expect((await invitationTo(consumerRam, resourceShareArn)).status).toBe("PENDING");
    now += 1;
    expect((await invitationTo(consumerRam, resourceShareArn)).status).toBe("EXPIRED");
    expect(await statusesOf(ram, resourceShareArn, "PRINCIPAL")).toEqual({ [otherAccount]: "FAILED" });
    expect(
      await failuresOf([
        consumerRam.acceptResourceShareInvitation({ resourceShareInvitationArn }),
        consumerRam.rejectResourceShareInvitation({ resourceShareInvitationArn }),
        consumerRam.listPendingInvitationResources({ resourceShareInvitationArn }),
      ]),
    ).toEqual(Array(3).fill("ResourceShareInvitationExpiredException"));
    now += 1;
    await ram.associateResourceShare({ resourceShareArn, principals: [otherAccount] });
    await acceptShare(consumerRam, resourceShareArn);
    expect(await canRead(consumer, service.arn)).toBe(true);
  });

  it("is its receiver's only, and goes when the owner takes it back", async () => {
    const shares = [
      await newShare(ram, { principals: [otherAccount] }),
      await newShare(ram, { principals: [otherAccount] }),
    ];
    const arns: string[] = [];
    for (const share of shares) arns.push((await invitationTo(consumerRam, share)).resourceShareInvitationArn ?? "");
    const [first = "", second = ""] = arns;
    const accept = (client: RAM, resourceShareInvitationArn: string) =>
      client.acceptResourceShareInvitation({ resourceShareInvitationArn });

    const foreign = await failureOf(accept(strangerRam, first));
    const own = await failureOf(accept(ram, first));
    const abroad = await failureOf(accept(plane.ramOf({ account: otherAccount, region: "eu-west-1" }), first));
    const seen = await failureOf(strangerRam.getResourceShareInvitations({ resourceShareInvitationArns: [first] }));
    await ram.disassociateResourceShare({ resourceShareArn: shares[0], principals: [otherAccount] });
    await ram.deleteResourceShare({ resourceShareArn: shares[1] });
    const late = [await failureOf(accept(consumerRam, first)), await failureOf(accept(consumerRam, second))];

    expect([foreign, own, abroad, seen, ...late].map(({ name }) => name)).toEqual(
      Array(6).fill("ResourceShareInvitationArnNotFoundException"),
    );
    expect((await failureOf(accept(consumerRam, "x"))).name).toBe("MalformedArnException");
  });

  it("is not sent for a share that is for its organization only, nor to its owner, nor to half an account", async () => {
    const resourceShareArn = await newShare(ram, { allowExternalPrincipals: false });
    const add = async (principal: string) =>
      (await failureOf(ram.associateResourceShare({ resourceShareArn, principals: [principal] }))).name;

    expect(await add(otherAccount)).toBe("OperationNotPermittedException");
    expect(await add(account)).toBe("InvalidParameterException");
    expect(await add("12345678901")).toBe("InvalidParameterException");
    expect(await add(`arn:aws:iam::${otherAccount}:role/reader`)).toBe("InvalidParameterException");
    expect(await add("lambda.amazonaws.com")).toBe("InvalidParameterException");
    expect(await add("arn:aws:organizations::123456789012:organization/o-a1b2c3d4e5")).toBe("UnknownResourceException");
    expect(await statusesOf(ram, resourceShareArn, "PRINCIPAL")).toEqual({});
    const open = await newShare(ram, { principals: [otherAccount] });
    expect(
      (await failureOf(ram.updateResourceShare({ resourceShareArn: open, allowExternalPrincipals: false }))).name,
    ).toBe("OperationNotPermittedException");
  });
});

describe("an account that was invited", () => {
  it("can leave by itself, and take out nothing else", async () => {
    const service = await newService(owner);
    const resourceShareArn = await newShare(ram, {
      resourceArns: [service.arn],
      principals: [otherAccount, stranger],
    });
    await acceptShare(consumerRam, resourceShareArn);
    const leave = (input: object) => consumerRam.disassociateResourceShare({ resourceShareArn, ...input });

    for (const more of [
      { principals: [stranger] },
      { principals: [otherAccount, stranger] },
      { principals: [otherAccount], resourceArns: [service.arn] },
      { resourceArns: [service.arn] },
    ])
      expect((await failureOf(leave(more))).name).toBe("OperationNotPermittedException");
    const { resourceShareAssociations } = await leave({ principals: [otherAccount] });

    expect(resourceShareAssociations).toMatchObject([{ associatedEntity: otherAccount, status: "DISASSOCIATING" }]);
    expect(await canRead(consumer, service.arn)).toBe(false);
    expect((await failureOf(leave({ principals: [otherAccount] }))).name).toBe("UnknownResourceException");
    expect(await statusesOf(ram, resourceShareArn, "PRINCIPAL")).toEqual({
      [otherAccount]: "DISASSOCIATED",
      [stranger]: "ASSOCIATING",
    });
  });

  it("keeps the associations that it made when it is taken out, and makes no more", async () => {
    const network = await newNetwork(owner);
    const resourceShareArn = await newShare(ram, { resourceArns: [network.arn], principals: [otherAccount] });
    await acceptShare(consumerRam, resourceShareArn);
    const join = async () =>
      consumer.createServiceNetworkServiceAssociation({
        serviceIdentifier: (await newService(consumer)).id,
        serviceNetworkIdentifier: network.arn,
      });
    const { id = "", arn = "" } = await join();

    await ram.disassociateResourceShare({ resourceShareArn, principals: [otherAccount] });
    await ram.deleteResourceShare({ resourceShareArn });

    expect((await failureOf(join())).name).toBe("AccessDeniedException");
    const read = { serviceNetworkServiceAssociationIdentifier: id };
    expect(await consumer.getServiceNetworkServiceAssociation(read)).toMatchObject({ arn, status: "ACTIVE" });
    expect(await owner.getServiceNetworkServiceAssociation(read)).toMatchObject({
      arn: arn.replace(otherAccount, account),
      status: "ACTIVE",
    });
    expect((await failureOf(owner.deleteServiceNetwork({ serviceNetworkIdentifier: network.id }))).name).toBe(
      "ConflictException",
    );
  });
});

describe("a share and a resource policy", () => {
  it("both hold, each as long as it is there", async () => {
    const service = await newService(owner);
    const policy = JSON.stringify({
      Statement: {
        Effect: "Allow",
        Principal: { AWS: stranger },
        Action: ["vpc-lattice:GetService", "vpc-lattice:ListServices"],
        Resource: service.arn,
      },
    });
    await owner.putResourcePolicy({ resourceArn: service.arn, policy });
    const resourceShareArn = await newShare(ram, {
      resourceArns: [service.arn],
      principals: [otherAccount, stranger],
    });
    await acceptShare(consumerRam, resourceShareArn);
    await acceptShare(strangerRam, resourceShareArn);
    const theirs = plane.clientOf({ account: stranger });
    const readers = async () => [await canRead(consumer, service.arn), await canRead(theirs, service.arn)];

    expect(await readers()).toEqual([true, true]);
    expect((await theirs.listServices({})).items).toMatchObject([{ arn: service.arn }]);
    await ram.disassociateResourceShare({ resourceShareArn, resourceArns: [service.arn] });
    expect(await readers()).toEqual([false, true]);
    await ram.associateResourceShare({ resourceShareArn, resourceArns: [service.arn] });
    await owner.deleteResourcePolicy({ resourceArn: service.arn });
    expect(await readers()).toEqual([true, true]);
    await ram.deleteResourceShare({ resourceShareArn });
    expect(await readers()).toEqual([false, false]);
  });
});
