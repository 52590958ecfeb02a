import {
  childAssociationId,
  type NetworkSnapshot,
  owners,
  type ResourceAssociationSnapshot,
  type ResourceSnapshot,
} from "@pergola/core";
import { afterAll, beforeAll, expect, it } from "vitest";
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
  vpcIdentifier,
} from "../harness/lattice-networked-resources.ts";

let plane: ControlPlaneHarness;
let gateway: string;
beforeAll(async () => {
  plane = await startControlPlane();
  gateway = (await newGateway(plane.client)).id;
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

async function snapshotOf(id: string): Promise<ResourceSnapshot | undefined> {
  return (await plane.store.get<ResourceSnapshot>({ owner: owners.resourceSnapshots, id }))?.value;
}

function single(input: object = {}) {
  return newConfiguration(plane.client, { resourceGatewayIdentifier: gateway, ...input });
}

const associated = (associationId: string, networkId: string): ResourceAssociationSnapshot => ({
  associationId,
  networkId,
  account,
});

const logGroup = `arn:aws:logs:${region}:${account}:log-group:resources`;
const subscribe = (resourceIdentifier: string, more: object = {}) =>
  plane.client.createAccessLogSubscription({ resourceIdentifier, destinationArn: logGroup, ...more });

it("has a resource configuration as long as a network has it", async () => {
  const [first, second] = [await newNetwork(plane.client), await newNetwork(plane.client)];
  const { id, arn } = await single({ name: "orders-db", portRanges: ["5432", "8000-8100"] });
  expect(await snapshotOf(id)).toBeUndefined();

  const one = await associateResource(plane.client, first.id, id);
  const two = await associateResource(plane.client, second.id, id);
  expect(await snapshotOf(id)).toEqual({
    configurationId: id,
    account,
    region,
    gateway: { id: gateway, vpcId: vpcIdentifier },
    associations: [associated(one.id, first.id), associated(two.id, second.id)],
    resources: [
      {
        configurationId: id,
        arn,
        name: "orders-db",
        isChild: false,
        definition: { ipResource: { ipAddress: "10.0.0.5" } },
        portRanges: ["5432", "8000-8100"],
        logSubscriptions: [],
      },
    ],
  });
  for (const [{ id: association }, left] of [
    [one, [associated(two.id, second.id)]],
    [two, undefined],
  ] as const) {
    await plane.client.deleteServiceNetworkResourceAssociation({
      serviceNetworkResourceAssociationIdentifier: association,
    });
    expect((await snapshotOf(id))?.associations).toEqual(left);
  }
});

it("follows updates of the definition and of the ports", async () => {
  const { id } = await single();
  await associateResource(plane.client, (await newNetwork(plane.client)).id, id);

  const definition = { ipResource: { ipAddress: "10.0.0.9" } };
  await plane.client.updateResourceConfiguration({
    resourceConfigurationIdentifier: id,
    resourceConfigurationDefinition: definition,
    portRanges: ["1-65535"],
  });
  expect((await snapshotOf(id))?.resources).toMatchObject([{ definition, portRanges: ["1-65535"] }]);
});

it("has the children of a group, those that come later too", async () => {
  const { group, child } = await newGroup(plane.client, gateway);
  const first = await child();
  const association = await associateResource(plane.client, (await newNetwork(plane.client)).id, group.id);
  const second = await child({ portRanges: ["3306"] });

  const snapshot = await snapshotOf(group.id);
  expect(snapshot?.resources.map(({ configurationId, isChild }) => [configurationId, isChild]).sort()).toEqual(
    [first.id, second.id].sort().map((id) => [id, true]),
  );
  expect(await snapshotOf(first.id)).toBeUndefined();
  for (const { id } of [first, second]) {
    const own = await plane.client.getServiceNetworkResourceAssociation({
      serviceNetworkResourceAssociationIdentifier: childAssociationId(association.id, id),
    });
    expect(own.resourceConfigurationId).toBe(id);
  }
  await plane.client.updateResourceConfiguration({
    resourceConfigurationIdentifier: second.id,
    portRanges: ["3307"],
  });
  await plane.client.deleteResourceConfiguration({ resourceConfigurationIdentifier: first.id });
  expect((await snapshotOf(group.id))?.resources).toMatchObject([{ configurationId: second.id, portRanges: ["3307"] }]);
});

it("has the log subscriptions of the configuration, of a child and of the network, each where connections are logged", async () => {
  const network = await newNetwork(plane.client);
  const { group, child } = await newGroup(plane.client, gateway);
  const { id: childId } = await child();
  const { id } = await single();
  for (const one of [group.id, id]) await associateResource(plane.client, network.id, one);

  const made = [await subscribe(id), await subscribe(childId)];
  await subscribe(network.id);
  const ofNetwork = await subscribe(network.id, { serviceNetworkLogType: "RESOURCE" });
  const expected = (subscription: (typeof made)[number], resourceId: string) => ({
    id: subscription.id,
    destinationKind: "cloudwatch",
    destinationArn: logGroup,
    resourceId,
    account,
    region,
    logType: "RESOURCE",
  });
  expect((await snapshotOf(id))?.resources[0]?.logSubscriptions).toEqual([expected(made[0] as never, id)]);
  expect((await snapshotOf(group.id))?.resources[0]?.logSubscriptions).toEqual([expected(made[1] as never, childId)]);
  const stored = await plane.store.get<NetworkSnapshot>({ owner: owners.networkSnapshots, id: network.id });
  expect(stored?.value.resourceLogSubscriptions).toEqual([expected(ofNetwork, network.id)]);
  expect(stored?.value.logSubscriptions).toMatchObject([{ destinationArn: logGroup }]);
  expect(stored?.value.logSubscriptions[0]).not.toHaveProperty("logType");

  for (const { id: subscription } of made) {
    await plane.client.deleteAccessLogSubscription({ accessLogSubscriptionIdentifier: subscription });
  }
  expect((await snapshotOf(id))?.resources[0]?.logSubscriptions).toEqual([]);
  expect((await snapshotOf(group.id))?.resources[0]?.logSubscriptions).toEqual([]);
});

it("has associations that another account made with a shared configuration", async () => {
  const { id, arn } = await single();
  await plane.client.putResourcePolicy({
    resourceArn: arn,
    policy: JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { AWS: otherAccount },
          Action: [
            "vpc-lattice:CreateServiceNetworkResourceAssociation",
            "vpc-lattice:GetResourceConfiguration",
            "vpc-lattice:ListResourceConfigurations",
          ],
          Resource: arn,
        },
      ],
    }),
  });
  const other = plane.clientOf({ account: otherAccount });
  const network = await newNetwork(other);
  const association = await associateResource(other, network.id, arn);

  const { associations } = (await snapshotOf(id)) ?? {};
  expect(associations).toEqual([{ associationId: association.id, networkId: network.id, account: otherAccount }]);
  await other.deleteServiceNetworkResourceAssociation({ serviceNetworkResourceAssociationIdentifier: association.id });
  expect(await snapshotOf(id)).toBeUndefined();
});

it("comes back with an association that is rolled back", async () => {
  const { id } = await single();
  const association = await associateResource(plane.client, (await newNetwork(plane.client)).id, id);
  const before = await snapshotOf(id);
  const { json } = await plane.send("GET", "/pergola/history?maxResults=1");
  const to = (json as { items: { id: string }[] }).items[0]?.id;
  await plane.client.deleteServiceNetworkResourceAssociation({
    serviceNetworkResourceAssociationIdentifier: association.id,
  });
  expect(await snapshotOf(id)).toBeUndefined();

  expect((await plane.send("POST", "/pergola/rollback", JSON.stringify({ to }))).status).toBe(200);
  expect(await snapshotOf(id)).toEqual(before);
});

it("misses nothing of what comes at once", async () => {
  const network = await newNetwork(plane.client);
  const { group, child } = await newGroup(plane.client, gateway);
  const other = await newNetwork(plane.client);

  const made = await Promise.all([
    child(),
    associateResource(plane.client, network.id, group.id),
    child(),
    associateResource(plane.client, other.id, group.id),
    child(),
  ]);
  const children = [0, 2, 4].map((at) => made[at]?.id).sort();
  const snapshot = await snapshotOf(group.id);
  expect(snapshot?.resources.map(({ configurationId }) => configurationId).sort()).toEqual(children);
  expect(snapshot?.associations.map(({ networkId }) => networkId).sort()).toEqual([network.id, other.id].sort());
});
