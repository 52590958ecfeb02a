import { owners } from "@pergola/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  account,
  type ControlPlaneHarness,
  otherAccount,
  region,
  startControlPlane,
} from "../harness/control-plane.ts";
import {
  associateResource,
  newConfiguration,
  newGateway,
  newGroup,
  newNetwork,
} from "../harness/lattice-networked-resources.ts";
import { failureOf, freshName } from "../harness/lattice-resources.ts";

let plane: ControlPlaneHarness;
let gateway: string;
beforeAll(async () => {
  plane = await startControlPlane();
  gateway = (await newGateway(plane.client)).id;
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

const ipResource = { resourceConfigurationDefinition: { ipResource: { ipAddress: "10.0.0.5" } } };
const dnsResource = {
  resourceConfigurationDefinition: { dnsResource: { domainName: "db.example.com", ipAddressType: "IPV4" as const } },
};
const database = `arn:aws:rds:${region}:${account}:cluster:orders`;

async function read(id: string): Promise<Record<string, unknown>> {
  const { $metadata: _, ...members } = await plane.client.getResourceConfiguration({
    resourceConfigurationIdentifier: id,
  });
  return members;
}

describe("UpdateResourceConfiguration", () => {
  const update = (resourceConfigurationIdentifier: string, changes: object) =>
    plane.client.updateResourceConfiguration({ resourceConfigurationIdentifier, ...changes });

  it("replaces what is given and keeps the rest", async () => {
    const { id } = await newConfiguration(plane.client, { resourceGatewayIdentifier: gateway });
    const before = await read(id);

    const answer = await update(id, { ...dnsResource, portRanges: ["5432"] });
    const unchanged = await update(id, {});

    expect(answer).toMatchObject({ id, status: "UPDATE_IN_PROGRESS", portRanges: ["5432"], ...dnsResource });
    expect(answer).not.toHaveProperty("createdAt");
    expect(unchanged).toMatchObject({ status: "ACTIVE", portRanges: ["5432"] });
    expect(await read(id)).toEqual({
      ...before,
      ...dnsResource,
      portRanges: ["5432"],
      lastUpdatedAt: expect.any(Date),
    });
  });

  it("refuses what does not fit the type, and changes nothing then", async () => {
    const { group, child } = await newGroup(plane.client, gateway);
    const { id } = await child();
    const before = await read(id);

    const failures = [
      await failureOf(update(group.id, ipResource)),
      await failureOf(update(id, { resourceConfigurationDefinition: { arnResource: { arn: database } } })),
      await failureOf(update(id, { resourceConfigurationDefinition: { ipResource: { ipAddress: "1.1.1.1" } } })),
      await failureOf(update(id, { portRanges: ["x"] })),
      await failureOf(update(id, { allowAssociationToShareableServiceNetwork: true })),
      await failureOf(update("rcfg-00000000000000000", {})),
    ];

    expect(failures.slice(0, 5).map(({ name }) => name)).toEqual(Array(5).fill("ValidationException"));
    expect(failures[5]).toMatchObject({ name: "ResourceNotFoundException", resourceType: "RESOURCE_CONFIGURATION" });
    expect(await read(id)).toEqual(before);
  });

  it("cannot forbid shareable networks while it is in one", async () => {
    const { id } = await newConfiguration(plane.client, { resourceGatewayIdentifier: gateway });
    const association = await associateResource(plane.client, (await newNetwork(plane.client)).id, id);
    const forbid = () => update(id, { allowAssociationToShareableServiceNetwork: false });

    const failure = await failureOf(forbid());
    await plane.client.deleteServiceNetworkResourceAssociation({
      serviceNetworkResourceAssociationIdentifier: association.id,
    });
    await forbid();

    expect(failure).toMatchObject({ fieldList: [{ name: "allowAssociationToShareableServiceNetwork" }] });
    expect(await read(id)).toMatchObject({ allowAssociationToShareableServiceNetwork: false });
  });
});

describe("DeleteResourceConfiguration", () => {
  const remove = (resourceConfigurationIdentifier: string) =>
    plane.client.deleteResourceConfiguration({ resourceConfigurationIdentifier });

  it("of a group is refused as long as it has children", async () => {
    const { group, child } = await newGroup(plane.client, gateway);
    const { id } = await child();

    const failure = await failureOf(remove(group.id));
    await remove(id);
    const { $metadata } = await remove(group.arn);

    expect(failure).toMatchObject({ name: "ConflictException", resourceId: group.id });
    expect($metadata.httpStatusCode).toBe(204);
    expect(await failureOf(read(group.id))).toMatchObject({ name: "ResourceNotFoundException" });
  });

  it("is refused while associated, and takes log subscriptions, policy and name with it", async () => {
    const name = freshName("gone");
    const { id, arn } = await newConfiguration(plane.client, { resourceGatewayIdentifier: gateway, name });
    const association = await associateResource(plane.client, (await newNetwork(plane.client)).id, id);
    const subscription = await plane.client.createAccessLogSubscription({
      resourceIdentifier: arn,
      destinationArn: "arn:aws:s3:::access-logs",
    });
    const policy = JSON.stringify({
      Statement: {
        Effect: "Allow",
        Principal: { AWS: otherAccount },
        Action: "vpc-lattice:GetResourceConfiguration",
        Resource: arn,
      },
    });
    await plane.client.putResourcePolicy({ resourceArn: arn, policy });

    const failure = await failureOf(remove(id));
    await plane.client.deleteServiceNetworkResourceAssociation({
      serviceNetworkResourceAssociationIdentifier: association.arn,
    });
    await remove(id);

    expect(failure).toMatchObject({ name: "ConflictException", resourceId: id });
    const failures = [
      await failureOf(read(id)),
      await failureOf(plane.client.getAccessLogSubscription({ accessLogSubscriptionIdentifier: subscription.id })),
      await failureOf(plane.client.getResourcePolicy({ resourceArn: arn })),
    ];
    expect(failures.map((one) => one.name)).toEqual(Array(3).fill("ResourceNotFoundException"));
    const left = [`${id}/resource-policy`, owners.logSubscriptionsOf(id), owners.associationsOf(id)];
    for (const owner of left) expect((await plane.store.list(owner)).items, owner).toEqual([]);
    await newConfiguration(plane.client, { resourceGatewayIdentifier: gateway, name });
  });
});

describe("ListResourceConfigurations", () => {
  it("filters by gateway, group and domain verification, and pages", async () => {
    await using own = await startControlPlane();
    const [edge, other] = [await newGateway(own.client), await newGateway(own.client)];
    const verification = await own.client.startDomainVerification({ domainName: "example.com" });
    const { group, child } = await newGroup(own.client, edge.id, {
      groupDomain: "db.example.com",
      domainVerificationIdentifier: verification.id ?? "",
    });
    const children = [(await child()).id, (await child()).id].sort();
    const alone = await newConfiguration(own.client, { resourceGatewayIdentifier: other.id });
    const list = async (filter: object): Promise<unknown[]> => {
      const found: unknown[] = [];
      let nextToken: string | undefined;
      do {
        const page = await own.client.listResourceConfigurations({ ...filter, maxResults: 1, nextToken });
        found.push(...(page.items ?? []).map(({ id }) => id));
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
      return found;
    };

    const ofGroup = { resourceConfigurationGroupIdentifier: group.arn };

    expect(await list({})).toEqual([group.id, ...children, alone.id].sort());
    expect(await list({ resourceGatewayIdentifier: edge.id })).toEqual([group.id, ...children].sort());
    expect(await list(ofGroup)).toEqual(children);
    expect(await list({ ...ofGroup, resourceGatewayIdentifier: other.arn })).toEqual([]);
    expect(await list({ domainVerificationIdentifier: verification.id })).toEqual([group.id, ...children].sort());
    expect(await list({ resourceGatewayIdentifier: "rgw-00000000000000000" })).toEqual([]);
  });
});

describe("access log subscriptions of resource configurations", () => {
  it("are made, listed and deleted like a service's; auth policies are refused", async () => {
    const { id, arn } = await newConfiguration(plane.client, { resourceGatewayIdentifier: gateway });
    const input = { resourceIdentifier: id, destinationArn: "arn:aws:s3:::access-logs" };

    const subscription = await plane.client.createAccessLogSubscription(input);
    const again = await failureOf(plane.client.createAccessLogSubscription(input));
    const typed = await failureOf(
      plane.client.createAccessLogSubscription({ ...input, serviceNetworkLogType: "RESOURCE" }),
    );
    const { items } = await plane.client.listAccessLogSubscriptions({ resourceIdentifier: arn });
    const policy = await failureOf(plane.client.getAuthPolicy({ resourceIdentifier: arn }));
    await plane.client.deleteAccessLogSubscription({ accessLogSubscriptionIdentifier: subscription.id });

    expect(subscription).toMatchObject({ resourceId: id, resourceArn: arn });
    expect(again.name).toBe("ConflictException");
    expect(typed.name).toBe("ValidationException");
    expect(items).toMatchObject([{ id: subscription.id, resourceId: id }]);
    expect(policy.name).toBe("ValidationException");
  });
});
