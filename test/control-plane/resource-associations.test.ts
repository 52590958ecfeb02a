import { quotas } from "@pergola/control-plane";
import { owners } from "@pergola/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { account, type ControlPlaneHarness, region, startControlPlane } from "../harness/control-plane.ts";
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

async function get(id: string | undefined, client = plane.client): Promise<Record<string, unknown>> {
  const { $metadata: _, ...members } = await client.getServiceNetworkResourceAssociation({
    serviceNetworkResourceAssociationIdentifier: id,
  });
  return members;
}

const remove = (id: string | undefined, client = plane.client) =>
  client.deleteServiceNetworkResourceAssociation({ serviceNetworkResourceAssociationIdentifier: id });

async function list(filter: object): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  let nextToken: string | undefined;
  do {
    const page = await plane.client.listServiceNetworkResourceAssociations({ ...filter, maxResults: 2, nextToken });
    found.push(...((page.items ?? []) as Record<string, unknown>[]));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return found;
}

async function countOf(networkId: string): Promise<number | undefined> {
  const { items = [] } = await plane.client.listServiceNetworks({});
  return items.find(({ id }) => id === networkId)?.numberOfAssociatedResourceConfigurations;
}

describe("CreateServiceNetworkResourceAssociation", () => {
  it("answers 201, Get shows both sides, and the network counts it", async () => {
    const network = await plane.client.createServiceNetwork({ name: freshName("network") });
    const name = freshName("resource");
    const configuration = await newConfiguration(plane.client, {
      name,
      resourceGatewayIdentifier: gateway,
      customDomainName: "db.example.com",
    });

    const { $metadata, ...answer } = await plane.client.createServiceNetworkResourceAssociation({
      resourceConfigurationIdentifier: configuration.arn,
      serviceNetworkIdentifier: network.arn,
      privateDnsEnabled: true,
      tags: { team: "shop" },
    });

    expect($metadata.httpStatusCode).toBe(201);
    expect(answer).toEqual({
      id: expect.stringMatching(/^snra-0[0-9a-f]{16}$/),
      arn: `arn:aws:vpc-lattice:${region}:${account}:servicenetworkresourceassociation/${answer.id}`,
      status: "CREATE_IN_PROGRESS",
      createdBy: account,
      privateDnsEnabled: true,
    });
    const read = await get(answer.arn);
    expect(read).toEqual({
      ...answer,
      status: "ACTIVE",
      createdAt: expect.any(Date),
      lastUpdatedAt: read.createdAt,
      resourceConfigurationId: configuration.id,
      resourceConfigurationArn: configuration.arn,
      resourceConfigurationName: name,
      serviceNetworkId: network.id,
      serviceNetworkArn: network.arn,
      serviceNetworkName: network.name,
      isManagedAssociation: false,
      dnsEntry: {
        domainName: `${answer.id}.${configuration.id}.4232ccc.vpc-lattice-rsc.${region}.localhost`,
        hostedZoneId: expect.stringMatching(/^Z0[0-9A-F]{19}$/),
      },
      privateDnsEntry: { domainName: "db.example.com" },
    });
    const { lastUpdatedAt: _, ...summary } = read;
    expect(await list({ serviceNetworkIdentifier: network.id })).toEqual([summary]);
    expect(await countOf(network.id ?? "")).toBe(1);
  });

  it("has private DNS off unless asked for, and always on for an ARN", async () => {
    const network = await newNetwork(plane.client);
    const database = `arn:aws:rds:${region}:${account}:db:orders`;
    const single = await newConfiguration(plane.client, { resourceGatewayIdentifier: gateway });
    const arn = await newConfiguration(plane.client, {
      type: "ARN",
      resourceGatewayIdentifier: gateway,
      resourceConfigurationDefinition: { arnResource: { arn: database } },
      allowAssociationToShareableServiceNetwork: true,
    });

    const ids = [
      await associateResource(plane.client, network.id, single.id),
      await associateResource(plane.client, network.id, arn.id),
    ];

    const read = await Promise.all(ids.map(({ id }) => get(id)));
    expect(read.map(({ privateDnsEnabled }) => privateDnsEnabled)).toEqual([false, true]);
  });

  it("refuses the same pair a second time, until the first is gone", async () => {
    const network = await newNetwork(plane.client);
    const configuration = await newConfiguration(plane.client, { resourceGatewayIdentifier: gateway });
    const associate = () => associateResource(plane.client, network.id, configuration.id);
    const first = await associate();

    const failure = await failureOf(associate());
    const { $metadata: _, ...removed } = await remove(first.arn);
    const second = await associate();

    expect(failure).toMatchObject({ name: "ConflictException", resourceId: first.id });
    expect(failure.message).toContain("already exist");
    expect(removed).toEqual({ ...first, status: "DELETE_IN_PROGRESS" });
    expect(second.id).not.toBe(first.id);
    expect(await countOf(network.id)).toBe(1);
  });

  it("of many at once for one pair makes exactly one", async () => {
    const network = await newNetwork(plane.client);
    const configuration = await newConfiguration(plane.client, { resourceGatewayIdentifier: gateway });

    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, () => associateResource(plane.client, network.id, configuration.id)),
    );

    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await countOf(network.id)).toBe(1);
  });

  it("with a network that can be shared needs a configuration that allows it", async () => {
    const [open, closed] = [
      await newNetwork(plane.client),
      await newNetwork(plane.client, { sharingConfig: { enabled: false } }),
    ];
    const configuration = await newConfiguration(plane.client, {
      resourceGatewayIdentifier: gateway,
      allowAssociationToShareableServiceNetwork: false,
    });

    const failure = await failureOf(associateResource(plane.client, open.id, configuration.id));
    await associateResource(plane.client, closed.id, configuration.id);

    expect(failure).toMatchObject({
      name: "ValidationException",
      fieldList: [{ name: "resourceConfigurationIdentifier" }],
    });
    expect(await countOf(open.id)).toBe(0);
  });

  it("is refused for children, CIDRs and what is not there", async () => {
    const network = await newNetwork(plane.client);
    const { child } = await newGroup(plane.client, gateway);
    const privateGateway = await newGateway(plane.client, { resourceConfigDnsResolution: "IN_VPC" });
    const cidr = await newConfiguration(plane.client, {
      type: "CIDR",
      resourceGatewayIdentifier: privateGateway.id,
      portRanges: ["443"],
      resourceConfigurationDefinition: { cidrResource: { cidrRanges: ["0.0.0.0/0"] } },
    });
    const associate = (id: string, networkId = network.id) => failureOf(associateResource(plane.client, networkId, id));

    const failures = [
      await associate((await child()).id),
      await associate(cidr.id),
      await associate("rcfg-00000000000000000"),
      await associate(cidr.id, "sn-00000000000000000"),
      await associate("rgw-00000000000000000"),
    ];

    expect(failures).toMatchObject([
      { name: "ValidationException", fieldList: [{ name: "resourceConfigurationIdentifier" }] },
      { name: "ValidationException", fieldList: [{ name: "resourceConfigurationIdentifier" }] },
      { name: "ResourceNotFoundException", resourceType: "RESOURCE_CONFIGURATION" },
      { name: "ResourceNotFoundException", resourceType: "SERVICE_NETWORK" },
      { name: "ValidationException", fieldList: [{ name: "resourceConfigurationIdentifier" }] },
    ]);
  });
});

describe("groups", () => {
  it("bring their children into a network, present and later ones, and take them out again", async () => {
    const [network, second] = [await newNetwork(plane.client), await newNetwork(plane.client)];
    const { group, child } = await newGroup(plane.client, gateway);
    const early = await child();
    const association = await associateResource(plane.client, network.id, group.id);
    await associateResource(plane.client, second.id, group.id);
    const late = await child();
    const filter = { serviceNetworkIdentifier: network.id };

    const all = await list({ ...filter, includeChildren: true });
    const alone = await list(filter);
    const ofGroup = await list({ resourceConfigurationIdentifier: group.id, includeChildren: true });
    const ofChild = await list({ resourceConfigurationIdentifier: late.id });

    const configurations = (items: Record<string, unknown>[]) =>
      items.map(({ resourceConfigurationId }) => resourceConfigurationId).sort();
    expect(configurations(all)).toEqual([group.id, early.id, late.id].sort());
    expect(configurations(alone)).toEqual([group.id]);
    expect(configurations(ofGroup)).toEqual([group.id, group.id, early.id, early.id, late.id, late.id].sort());
    expect(ofChild.map(({ serviceNetworkId }) => serviceNetworkId).sort()).toEqual([network.id, second.id].sort());
    expect(all.map(({ isManagedAssociation: managed }) => managed).sort()).toEqual([false, true, true]);
    expect(await countOf(network.id)).toBe(1);

    await plane.client.deleteResourceConfiguration({ resourceConfigurationIdentifier: early.id });
    expect(configurations(await list({ ...filter, includeChildren: true }))).toEqual([group.id, late.id].sort());
    await remove(association.id);
    expect(await list({ ...filter, includeChildren: true })).toEqual([]);
    expect(await list({ resourceConfigurationIdentifier: late.id })).toMatchObject([{ serviceNetworkId: second.id }]);
  });

  it("have no name of their own, and their children's associations cannot be deleted by themselves", async () => {
    const network = await newNetwork(plane.client);
    const { group, child } = await newGroup(plane.client, gateway);
    const association = await associateResource(plane.client, network.id, group.id);
    await child();

    const [ofChild] = (await list({ serviceNetworkIdentifier: network.id, includeChildren: true })).filter(
      ({ isManagedAssociation }) => isManagedAssociation,
    );
    const childId = String(ofChild?.id);
    const failure = await failureOf(remove(childId));
    await plane.client.tagResource({ resourceArn: String(ofChild?.arn), tags: { team: "shop" } });

    expect(await get(association.id)).not.toHaveProperty("dnsEntry");
    expect((await get(childId)).dnsEntry).toMatchObject({ domainName: expect.stringContaining(`${childId}.rcfg-`) });
    expect(failure).toMatchObject({ name: "ConflictException", resourceId: childId });
    expect(failure.message).toContain(association.id);
    const { tags } = await plane.client.listTagsForResource({ resourceArn: String(ofChild?.arn) });
    expect(tags).toEqual({ team: "shop" });
  });

  it("are associated in part while a child that came later is not ready", async () => {
    let now = Date.parse("2026-11-23T10:00:00Z");
    await using slow = await startControlPlane({ clock: { now: () => new Date(now) }, settings: { settleMs: 5000 } });
    const edge = await newGateway(slow.client);
    now += 5000;
    const { group, child } = await newGroup(slow.client, edge.id);
    now += 5000;
    const association = await associateResource(slow.client, (await newNetwork(slow.client)).id, group.id);
    const statuses = [(await get(association.id, slow.client)).status];
    const early = await failureOf(remove(association.id, slow.client));

    now += 5000;
    statuses.push((await get(association.id, slow.client)).status);
    await child();
    statuses.push((await get(association.id, slow.client)).status);
    now += 5000;
    statuses.push((await get(association.id, slow.client)).status);

    expect(statuses).toEqual(["CREATE_IN_PROGRESS", "ACTIVE", "PARTIAL", "ACTIVE"]);
    expect(early).toMatchObject({ name: "ConflictException", message: expect.stringContaining("CREATE_IN_PROGRESS") });
  });

  it("of the most children that a deployment can allow come and go in one request", async () => {
    await using large = await startControlPlane({
      settings: { quotas: { [quotas.children.code]: quotas.children.most } },
    });
    const [edge, network] = [await newGateway(large.client), await newNetwork(large.client)];
    const { group, child } = await newGroup(large.client, edge.id);
    for (let i = 0; i < quotas.children.most; i += 1) await child();
    const own = async () => (await large.store.list(owners.resourceAssociations({ account, region }))).items.length;

    const { id } = await associateResource(large.client, network.id, group.id);
    const associated = await own();
    await remove(id, large.client);

    expect(associated).toBe(81);
    expect(await own()).toBe(0);
  });

  it("and their children never miss each other, whatever comes at once", async () => {
    const network = await newNetwork(plane.client);
    const { group, child } = await newGroup(plane.client, gateway);

    await Promise.all([
      ...Array.from({ length: 5 }, () => child()),
      associateResource(plane.client, network.id, group.id),
      ...Array.from({ length: 5 }, () => child()),
    ]);

    expect(await list({ serviceNetworkIdentifier: network.id, includeChildren: true })).toHaveLength(11);
  });
});

describe("service networks", () => {
  it("are not deleted while a resource is associated", async () => {
    const network = await newNetwork(plane.client);
    const configuration = await newConfiguration(plane.client, { resourceGatewayIdentifier: gateway });
    const association = await associateResource(plane.client, network.id, configuration.id);
    const removeNetwork = () => plane.client.deleteServiceNetwork({ serviceNetworkIdentifier: network.id });

    const failure = await failureOf(removeNetwork());
    await remove(association.id);
    await removeNetwork();

    expect(failure).toMatchObject({
      name: "ConflictException",
      resourceId: network.id,
      message: `ServiceNetwork ${network.id} has resource(s) associated.`,
    });
  });
});

it("ListServiceNetworkResourceAssociations needs a network or a resource configuration", async () => {
  const answer = await plane.send("GET", "/servicenetworkresourceassociations?includeChildren=true");

  expect(answer).toMatchObject({ status: 400, json: { fieldList: [{ name: "serviceNetworkIdentifier" }] } });
});
