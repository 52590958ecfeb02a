import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  account,
  type ControlPlaneHarness,
  otherAccount,
  region,
  startControlPlane,
} from "../harness/control-plane.ts";
import { newConfiguration, newGateway, subnetIds, vpcIdentifier } from "../harness/lattice-networked-resources.ts";
import { failureOf, freshName } from "../harness/lattice-resources.ts";

let plane: ControlPlaneHarness;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

describe("CreateResourceGateway", () => {
  it("fills in defaults; Get and Update call the VPC vpcId, Create and List vpcIdentifier", async () => {
    const name = freshName("gateway");

    const { $metadata, ...answer } = await plane.client.createResourceGateway({ name, vpcIdentifier, subnetIds });
    const { $metadata: _, ...read } = await plane.client.getResourceGateway({ resourceGatewayIdentifier: answer.arn });
    const { items = [] } = await plane.client.listResourceGateways({});

    expect($metadata.httpStatusCode).toBe(201);
    expect(answer).toEqual({
      id: expect.stringMatching(/^rgw-0[0-9a-f]{16}$/),
      arn: `arn:aws:vpc-lattice:${region}:${account}:resourcegateway/${answer.id}`,
      name,
      status: "CREATE_IN_PROGRESS",
      vpcIdentifier,
      subnetIds,
      securityGroupIds: [],
      ipAddressType: "IPV4",
      ipv4AddressesPerEni: 16,
      resourceConfigDnsResolution: "PUBLIC",
    });
    const { vpcIdentifier: vpcId, ...members } = { ...answer, status: "ACTIVE" };
    const times = { createdAt: expect.any(Date), lastUpdatedAt: read.createdAt };
    expect(read).toEqual({ ...members, vpcId, serviceManaged: false, ...times });
    expect(items.find(({ id }) => id === answer.id)).toEqual({ ...members, vpcIdentifier, ...times });
  });

  it.each([
    { ipAddressType: "DUALSTACK", ipv4AddressesPerEni: 62, resourceConfigDnsResolution: "IN_VPC" },
    { ipAddressType: "IPV4", ipv4AddressesPerEni: 1, securityGroupIds: ["sg-0123456789abcdef0"] },
  ] as const)("keeps %j", async (given) => {
    const { id } = await newGateway(plane.client, given as object);

    expect(await plane.client.getResourceGateway({ resourceGatewayIdentifier: id })).toMatchObject(given);
  });

  it("of IPv6 alone has no IPv4 addresses", async () => {
    const { id } = await newGateway(plane.client, { ipAddressType: "IPV6" });

    const read = await plane.client.getResourceGateway({ resourceGatewayIdentifier: id });

    expect(read.ipAddressType).toBe("IPV6");
    expect(read).not.toHaveProperty("ipv4AddressesPerEni");
  });

  const good = { name: "edge", vpcIdentifier, subnetIds };
  it.each([
    [{ ...good, name: "rgw-edge" }, "name"],
    [{ ...good, name: "a".repeat(41) }, "name"],
    [{ ...good, vpcIdentifier: undefined }, "vpcIdentifier"],
    [{ ...good, subnetIds: undefined }, "subnetIds"],
    [{ ...good, subnetIds: [] }, "subnetIds"],
    [{ ...good, subnetIds: ["subnet"] }, "subnetIds[0]"],
    [{ ...good, securityGroupIds: Array(6).fill("sg-0123456789abcdef0") }, "securityGroupIds"],
    [{ ...good, ipAddressType: "IPV5" }, "ipAddressType"],
    [{ ...good, ipv4AddressesPerEni: 63 }, "ipv4AddressesPerEni"],
    [{ ...good, ipv4AddressesPerEni: 4, ipAddressType: "IPV6" }, "ipv4AddressesPerEni"],
    [{ ...good, resourceConfigDnsResolution: "PRIVATE" }, "resourceConfigDnsResolution"],
  ])("refuses %j, naming %s", async (input, field) => {
    const answer = await plane.send("POST", "/resourcegateways", JSON.stringify(input));

    expect(answer).toMatchObject({ status: 400, json: { fieldList: [{ name: field }] } });
  });

  it("refuses a taken name with `already exist`, and only within account and region", async () => {
    const name = freshName("taken");
    const { id } = await newGateway(plane.client, { name });

    const failure = await failureOf(newGateway(plane.client, { name }));
    await newGateway(plane.clientOf({ account: otherAccount }), { name });

    expect(failure).toMatchObject({ name: "ConflictException", resourceType: "RESOURCE_GATEWAY", resourceId: id });
    expect(failure.message).toContain("already exist");
  });

  it("with a client token is answered once more with the same gateway", async () => {
    const input = { name: freshName("gateway"), clientToken: freshName("token") };

    const [first, second] = [await newGateway(plane.client, input), await newGateway(plane.client, input)];

    expect(second).toEqual(first);
  });
});

describe("UpdateResourceGateway", () => {
  it("replaces the security groups, and can take them all away", async () => {
    const { id } = await newGateway(plane.client, { securityGroupIds: ["sg-0123456789abcdef0"] });
    const update = (securityGroupIds?: string[]) =>
      plane.client.updateResourceGateway({ resourceGatewayIdentifier: id, securityGroupIds });

    const replaced = await update(["sg-11111111", "sg-22222222"]);
    const nothing = await update();
    await update([]);

    expect(replaced).toMatchObject({
      status: "UPDATE_IN_PROGRESS",
      vpcId: vpcIdentifier,
      securityGroupIds: ["sg-11111111", "sg-22222222"],
    });
    expect(nothing).toMatchObject({ status: "ACTIVE", securityGroupIds: ["sg-11111111", "sg-22222222"] });
    const read = await plane.client.getResourceGateway({ resourceGatewayIdentifier: id });
    expect(read).toMatchObject({ status: "ACTIVE", securityGroupIds: [] });
  });
});

describe("DeleteResourceGateway", () => {
  it("is refused while a resource configuration uses it, and frees the name", async () => {
    const name = freshName("gone");
    const gateway = await newGateway(plane.client, { name });
    const configuration = await newConfiguration(plane.client, { resourceGatewayIdentifier: gateway.id });
    const remove = () => plane.client.deleteResourceGateway({ resourceGatewayIdentifier: gateway.arn });

    const failure = await failureOf(remove());
    await plane.client.deleteResourceConfiguration({ resourceConfigurationIdentifier: configuration.id });
    const { $metadata, ...answer } = await remove();
    const second = await failureOf(remove());
    await newGateway(plane.client, { name });

    expect(failure).toMatchObject({ name: "ConflictException", resourceId: gateway.id });
    expect($metadata.httpStatusCode).toBe(200);
    expect(answer).toEqual({ id: gateway.id, arn: gateway.arn, name, status: "DELETE_IN_PROGRESS" });
    expect(second).toMatchObject({ name: "ResourceNotFoundException", resourceType: "RESOURCE_GATEWAY" });
  });

  it("waits until the gateway has settled, as UpdateResourceGateway does", async () => {
    let now = Date.parse("2026-11-23T10:00:00Z");
    await using slow = await startControlPlane({ clock: { now: () => new Date(now) }, settings: { settleMs: 5000 } });
    const { id } = await newGateway(slow.client);
    const remove = () => slow.client.deleteResourceGateway({ resourceGatewayIdentifier: id });

    const failures = [
      await failureOf(remove()),
      await failureOf(slow.client.updateResourceGateway({ resourceGatewayIdentifier: id, securityGroupIds: [] })),
      await failureOf(newConfiguration(slow.client, { resourceGatewayIdentifier: id })),
    ];
    now += 5000;
    await remove();

    expect(failures.map(({ name }) => name)).toEqual(Array(3).fill("ConflictException"));
    expect(failures[0]?.message).toContain("CREATE_IN_PROGRESS");
  });
});

describe("ListResourceGateways", () => {
  it("lists the caller's own, page by page", async () => {
    await using own = await startControlPlane();
    const expected: string[] = [];
    for (let i = 0; i < 3; i += 1) expected.push((await newGateway(own.client)).id);
    await newGateway(own.clientOf({ account: otherAccount }));

    const first = await own.client.listResourceGateways({ maxResults: 2 });
    const second = await own.client.listResourceGateways({ maxResults: 2, nextToken: first.nextToken });

    const ids = [...(first.items ?? []), ...(second.items ?? [])].map(({ id }) => id);
    expect(ids).toEqual(expected.sort());
    expect(second.nextToken).toBeUndefined();
  });
});
