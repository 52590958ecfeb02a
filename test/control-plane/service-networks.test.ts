import { type NetworkSnapshot, owners } from "@pergola/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  account,
  type ControlPlaneHarness,
  otherAccount,
  region,
  startControlPlane,
} from "../harness/control-plane.ts";
import { failureOf, freshName, newService } from "../harness/lattice-resources.ts";

let plane: ControlPlaneHarness;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

async function snapshotOf(id: string): Promise<NetworkSnapshot | undefined> {
  return (await plane.store.get<NetworkSnapshot>({ owner: owners.networkSnapshots, id }))?.value;
}

async function newNetwork(input: object = {}): Promise<string> {
  return (await plane.client.createServiceNetwork({ name: freshName("network"), ...input })).id ?? "";
}

describe("CreateServiceNetwork", () => {
  it("fills in defaults, and Get and List show counts but no tags", async () => {
    const name = freshName("network");

    const { $metadata, ...network } = await plane.client.createServiceNetwork({ name, tags: { team: "shop" } });
    const { $metadata: _, ...read } = await plane.client.getServiceNetwork({ serviceNetworkIdentifier: network.arn });
    const { items = [] } = await plane.client.listServiceNetworks({});

    expect($metadata.httpStatusCode).toBe(201);
    expect(network).toEqual({
      id: expect.stringMatching(/^sn-0[0-9a-f]{16}$/),
      arn: `arn:aws:vpc-lattice:${region}:${account}:servicenetwork/${network.id}`,
      name,
      authType: "NONE",
      sharingConfig: { enabled: true },
    });
    expect(read).toEqual({
      ...network,
      createdAt: expect.any(Date),
      lastUpdatedAt: read.createdAt,
      numberOfAssociatedVPCs: 0,
      numberOfAssociatedServices: 0,
    });
    expect(items.find(({ id }) => id === network.id)).toEqual({
      id: network.id,
      arn: network.arn,
      name,
      createdAt: read.createdAt,
      lastUpdatedAt: read.createdAt,
      numberOfAssociatedVPCs: 0,
      numberOfAssociatedServices: 0,
      numberOfAssociatedResourceConfigurations: 0,
    });
    expect(await snapshotOf(network.id ?? "")).toEqual({
      networkId: network.id,
      arn: network.arn,
      account,
      authType: "NONE",
      vpcs: [],
      logSubscriptions: [],
      resourceLogSubscriptions: [],
    });
  });

  it("keeps what it was given", async () => {
    const given = { name: freshName("network"), authType: "AWS_IAM", sharingConfig: { enabled: false } } as const;

    const network = await plane.client.createServiceNetwork(given);

    expect(network).toMatchObject(given);
    expect(await plane.client.getServiceNetwork({ serviceNetworkIdentifier: network.id })).toMatchObject(given);
  });

  it.each([
    [{ name: "ab" }, "name"],
    [{ name: "a".repeat(64) }, "name"],
    [{ name: "a--b" }, "name"],
    [{}, "name"],
    [{ name: "shop", authType: "IAM" }, "authType"],
    [{ name: "shop", tags: { "aws:a": "b" } }, "tags"],
  ])("refuses %j, naming %s", async (input, field) => {
    const answer = await plane.send("POST", "/servicenetworks", JSON.stringify(input));

    expect(answer).toMatchObject({ status: 400, json: { fieldList: [{ name: field }] } });
  });

  it("refuses a taken name with `already exist`, and only within account and region", async () => {
    const name = freshName("taken");
    const id = await newNetwork({ name });

    const failure = await failureOf(plane.client.createServiceNetwork({ name }));
    await plane.clientOf({ account: otherAccount }).createServiceNetwork({ name });
    await plane.clientOf({ region: "eu-west-1" }).createServiceNetwork({ name });

    expect(failure).toMatchObject({ name: "ConflictException", resourceType: "SERVICE_NETWORK", resourceId: id });
    expect(failure.message).toContain("already exist");
  });

  it("has no status to wait for, however slow the deployment settles", async () => {
    await using slow = await startControlPlane({ settings: { settleMs: 60_000 } });
    const { id } = await slow.client.createServiceNetwork({ name: "shop" });

    await slow.client.createServiceNetworkVpcAssociation({
      serviceNetworkIdentifier: id,
      vpcIdentifier: "vpc-0123456789abcdef0",
    });

    expect(await slow.client.getServiceNetwork({ serviceNetworkIdentifier: id })).not.toHaveProperty("status");
  });
});

describe("UpdateServiceNetwork", () => {
  it("changes the auth type, also in the snapshot", async () => {
    const id = await newNetwork();

    const { $metadata: _, ...answer } = await plane.client.updateServiceNetwork({
      serviceNetworkIdentifier: id,
      authType: "AWS_IAM",
    });

    expect(Object.keys(answer).sort()).toEqual(["arn", "authType", "id", "name"]);
    expect(answer.authType).toBe("AWS_IAM");
    expect((await snapshotOf(id))?.authType).toBe("AWS_IAM");
  });

  it("needs an auth type", async () => {
    const answer = await plane.send("PATCH", `/servicenetworks/${await newNetwork()}`, "{}");

    expect(answer).toMatchObject({ status: 400, json: { fieldList: [{ name: "authType" }] } });
  });
});

describe("DeleteServiceNetwork", () => {
  it("is refused with a service or a VPC associated, and goes through when both are gone", async () => {
    const id = await newNetwork();
    const service = await newService(plane.client);
    const pair = { serviceNetworkIdentifier: id, serviceIdentifier: service.id };
    const ofService = await plane.client.createServiceNetworkServiceAssociation(pair);
    const withService = await failureOf(plane.client.deleteServiceNetwork({ serviceNetworkIdentifier: id }));
    await plane.client.deleteServiceNetworkServiceAssociation({
      serviceNetworkServiceAssociationIdentifier: ofService.id,
    });
    const ofVpc = await plane.client.createServiceNetworkVpcAssociation({
      serviceNetworkIdentifier: id,
      vpcIdentifier: "vpc-0bbbbbbbbbbbbbbbb",
    });
    const withVpc = await failureOf(plane.client.deleteServiceNetwork({ serviceNetworkIdentifier: id }));
    await plane.client.deleteServiceNetworkVpcAssociation({ serviceNetworkVpcAssociationIdentifier: ofVpc.arn });

    const { $metadata } = await plane.client.deleteServiceNetwork({ serviceNetworkIdentifier: id });

    expect(withService).toMatchObject({
      name: "ConflictException",
      resourceType: "SERVICE_NETWORK",
      resourceId: id,
      message: `ServiceNetwork ${id} has service(s) associated`,
    });
    expect(withVpc).toMatchObject({ resourceId: id, message: `ServiceNetwork ${id} has VPC(s) associated` });
    expect($metadata.httpStatusCode).toBe(204);
    expect(await snapshotOf(id)).toBeUndefined();
  });

  it("takes auth policy and log subscriptions with it, and frees the name", async () => {
    const name = freshName("gone");
    const id = await newNetwork({ name });
    await plane.client.putAuthPolicy({ resourceIdentifier: id, policy: allowAll });
    const subscription = await plane.client.createAccessLogSubscription({
      resourceIdentifier: id,
      destinationArn: "arn:aws:s3:::access-logs",
    });

    await plane.client.deleteServiceNetwork({ serviceNetworkIdentifier: id });

    const failures = await Promise.all([
      failureOf(plane.client.getServiceNetwork({ serviceNetworkIdentifier: id })),
      failureOf(plane.client.getAuthPolicy({ resourceIdentifier: id })),
      failureOf(plane.client.getAccessLogSubscription({ accessLogSubscriptionIdentifier: subscription.id })),
    ]);
    expect(failures.map((failure) => failure.name)).toEqual(Array(3).fill("ResourceNotFoundException"));
    await newNetwork({ name });
  });
});

const allowAll = JSON.stringify({
  Statement: { Effect: "Allow", Principal: "*", Action: "vpc-lattice-svcs:Invoke", Resource: "*" },
});
