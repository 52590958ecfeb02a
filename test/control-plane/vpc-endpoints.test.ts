import type { VpcEndpoint } from "@pergola/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  account,
  type ControlPlaneHarness,
  otherAccount,
  region,
  startControlPlane,
} from "../harness/control-plane.ts";
import { newConfiguration, newGateway, newNetwork } from "../harness/lattice-networked-resources.ts";
import { failureOf } from "../harness/lattice-resources.ts";

const endpoints: VpcEndpoint[] = [];
let plane: ControlPlaneHarness;
beforeAll(async () => {
  const vpcEndpoints = {
    endpoints: () => endpoints,
    endpointsOf: (resourceId: string) => endpoints.filter(({ leadsTo }) => leadsTo === resourceId),
  };
  plane = await startControlPlane({ vpcEndpoints });
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

const createdAt = "2026-11-23T10:00:00.000Z";
function addEndpoint(leadsTo: string, owner = account): VpcEndpoint {
  const id = `vpce-${String(endpoints.length).padStart(17, "0")}`;
  const endpoint = { id, vpcId: "vpc-0123456789abcdef0", account: owner, createdAt, leadsTo };
  endpoints.push(endpoint);
  return endpoint;
}

describe("VPC endpoints of a service network", () => {
  it("are listed, page by page, and keep it from being deleted", async () => {
    const network = await newNetwork(plane.client);
    const other = await newNetwork(plane.client);
    const [first, second] = [addEndpoint(network.id), addEndpoint(network.id, otherAccount)];
    const list = (input: object) =>
      plane.client.listServiceNetworkVpcEndpointAssociations({ serviceNetworkIdentifier: network.arn, ...input });

    const page = await list({ maxResults: 1 });
    const rest = await list({ maxResults: 1, nextToken: page.nextToken });
    const failure = await failureOf(plane.client.deleteServiceNetwork({ serviceNetworkIdentifier: network.id }));

    const shown = [...(page.items ?? []), ...(rest.items ?? [])];
    expect(rest.nextToken).toBeUndefined();
    expect(shown).toEqual(
      expect.arrayContaining(
        [first, second].map((endpoint) => ({
          id: expect.stringMatching(/^vpce-rsc-asc-0[0-9a-f]{16}$/),
          vpcEndpointId: endpoint.id,
          vpcId: endpoint.vpcId,
          vpcEndpointOwnerId: endpoint.account,
          state: "ACTIVE",
          serviceNetworkArn: network.arn,
          createdAt: new Date(createdAt),
        })),
      ),
    );
    expect(failure).toMatchObject({ name: "ConflictException", resourceId: network.id });
    expect((await list({ serviceNetworkIdentifier: other.id })).items).toEqual([]);
  });

  it("are those of a network that is there", async () => {
    const unnamed = await plane.send("GET", "/servicenetworkvpcendpointassociations");
    const missing = await failureOf(
      plane.client.listServiceNetworkVpcEndpointAssociations({ serviceNetworkIdentifier: "sn-00000000000000000" }),
    );

    expect(unnamed).toMatchObject({ status: 400, json: { fieldList: [{ name: "serviceNetworkIdentifier" }] } });
    expect(missing).toMatchObject({ name: "ResourceNotFoundException", resourceType: "SERVICE_NETWORK" });
  });
});

describe("VPC endpoints of a resource configuration", () => {
  it("are listed and filtered, and keep it from being deleted until their associations are", async () => {
    const gateway = await newGateway(plane.client);
    const { id, arn } = await newConfiguration(plane.client, { resourceGatewayIdentifier: gateway.id });
    const [first, second] = [addEndpoint(id), addEndpoint(id, otherAccount)];
    const list = async (filter: object = {}) =>
      (await plane.client.listResourceEndpointAssociations({ resourceConfigurationIdentifier: id, ...filter })).items ??
      [];
    const removeConfiguration = () => plane.client.deleteResourceConfiguration({ resourceConfigurationIdentifier: id });

    const all = await list();
    const [ofOther, ...none] = await list({ vpcEndpointOwner: otherAccount });
    const refused = await failureOf(removeConfiguration());

    expect(all.map(({ vpcEndpointId }) => vpcEndpointId).sort()).toEqual([first.id, second.id]);
    expect(none).toEqual([]);
    expect(ofOther).toMatchObject({
      id: expect.stringMatching(/^rea-0[0-9a-f]{16}$/),
      arn: `arn:aws:vpc-lattice:${region}:${account}:resourceendpointassociation/${ofOther?.id}`,
      resourceConfigurationId: id,
      resourceConfigurationArn: arn,
      vpcEndpointId: second.id,
      vpcEndpointOwner: otherAccount,
      createdBy: otherAccount,
    });
    expect(await list({ vpcEndpointId: first.id })).toHaveLength(1);
    expect(await list({ resourceEndpointAssociationIdentifier: ofOther?.arn, vpcEndpointId: first.id })).toEqual([]);
    expect(refused).toMatchObject({ name: "ConflictException", resourceId: id });

    for (const association of all) {
      const { $metadata, ...answer } = await plane.client.deleteResourceEndpointAssociation({
        resourceEndpointAssociationIdentifier: association.arn,
      });
      expect($metadata.httpStatusCode).toBe(200);
      expect(answer).toEqual({
        id: association.id,
        arn: association.arn,
        resourceConfigurationId: id,
        resourceConfigurationArn: arn,
        vpcEndpointId: association.vpcEndpointId,
      });
    }
    expect(await list()).toEqual([]);
    await removeConfiguration();
  });

  it("DeleteResourceEndpointAssociation finds none that was deleted, never was, or leads to a network", async () => {
    const gateway = await newGateway(plane.client);
    const configuration = await newConfiguration(plane.client, { resourceGatewayIdentifier: gateway.id });
    addEndpoint(configuration.id);
    const { items = [] } = await plane.client.listResourceEndpointAssociations({
      resourceConfigurationIdentifier: configuration.arn,
    });
    const remove = (resourceEndpointAssociationIdentifier: string | undefined, client = plane.client) =>
      client.deleteResourceEndpointAssociation({ resourceEndpointAssociationIdentifier });
    const [association] = items;

    const foreign = await failureOf(remove(association?.id, plane.clientOf({ account: otherAccount })));
    const denied = await failureOf(remove(association?.arn, plane.clientOf({ account: otherAccount })));
    await remove(association?.id);
    const second = await failureOf(remove(association?.id));
    const never = await failureOf(remove("rea-00000000000000000"));

    expect([foreign, second, never]).toMatchObject(
      Array(3).fill({ name: "ResourceNotFoundException", resourceType: "RESOURCE_ENDPOINT_ASSOCIATION" }),
    );
    expect(denied.name).toBe("AccessDeniedException");
  });
});

it("without a directory there are no VPC endpoints", async () => {
  await using bare = await startControlPlane();
  const network = await newNetwork(bare.client);

  const { items } = await bare.client.listServiceNetworkVpcEndpointAssociations({
    serviceNetworkIdentifier: network.id,
  });

  expect(items).toEqual([]);
});
