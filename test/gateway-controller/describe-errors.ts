import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ApiClient } from "../clients/api-client.ts";
import { openWorld, type World } from "../clients/world.ts";
import { type ApiError, type Cloud, Retry, refusalOf } from "./cloud.ts";
import { upsertNetwork } from "./networks.ts";
import { backend, httpRoute, newCluster, runOf, type Scene } from "./scene.ts";
import { upsertService } from "./services.ts";
import { findGroup, groupSpec, upsertGroup } from "./target-groups.ts";
import { updateTargets } from "./targets.ts";

export function describeErrors(scene: () => Scene): void {
  it("are typed, and told by their code too", async () => {
    const cloud = newCluster(scene());
    const other = newCluster(scene(), { caller: "other" });
    const network = await upsertNetwork(cloud, `mesh-${runOf(cloud)}`);
    const failureOf = async (promise: Promise<unknown>): Promise<ApiError["failure"] | undefined> =>
      (await refusalOf(promise))?.failure;

    const missing = await failureOf(cloud.call("GetService", { serviceIdentifier: "svc-00000000000000000" }));
    const taken = await failureOf(cloud.call("CreateServiceNetwork", { name: network.name }));
    const denied = await failureOf(other.call("ListTagsForResource", { resourceArn: network.arn }));

    expect(missing).toMatchObject({
      type: "ResourceNotFoundException",
      typed: true,
      members: { resourceType: "SERVICE", resourceId: "svc-00000000000000000" },
    });
    expect(taken).toMatchObject({
      type: "ConflictException",
      typed: true,
      members: { resourceType: "SERVICE_NETWORK" },
    });
    expect(denied).toMatchObject({ type: "AccessDeniedException", typed: true });
  });
}

/** On a Pergola whose creates take longer than any test. */
export function describeOnItsWay(start: (world: World) => Promise<ApiClient>): void {
  describe("what is on its way", () => {
    let world: World;
    let client: ApiClient;
    beforeAll(async () => {
      world = await openWorld({ settleMs: 600_000 });
      client = await start(world);
    }, 60_000);
    afterAll(async () => {
      await client?.[Symbol.asyncDispose]();
      await world?.[Symbol.asyncDispose]();
    });
    const fresh = (): Cloud => newCluster({ world, client });

    it("has the controller come back to an association whose service is not ready: CREATE_IN_PROGRESS is in the message", async () => {
      const cloud = fresh();
      const { id: serviceNetworkIdentifier } = await upsertNetwork(cloud, `mesh-${runOf(cloud)}`);
      const { id: serviceIdentifier } = await upsertService(cloud, httpRoute(cloud));
      const associate = (more: object = {}) =>
        refusalOf(
          cloud.call("CreateServiceNetworkServiceAssociation", {
            serviceIdentifier,
            serviceNetworkIdentifier,
            ...more,
          }),
        );

      const refusal = await associate();

      expect(refusal?.is("ConflictException")).toBe(true);
      expect(refusal?.message).toContain("CREATE_IN_PROGRESS");
      const route = httpRoute(cloud, { networks: [`mesh-${runOf(cloud)}`] });
      await expect(upsertService(cloud, route)).rejects.toBeInstanceOf(Retry);
    });

    it("has it come back to a target group, whose targets are refused until then", async () => {
      const cloud = fresh();
      const source = { kind: "HTTPRoute", service: "web", namespace: "default", route: "shop" } as const;
      const spec = groupSpec(cloud, source, backend("web"));
      const id = await upsertGroup(cloud, spec);

      await expect(findGroup(cloud, spec)).rejects.toBeInstanceOf(Retry);
      await expect(updateTargets(cloud, id, backend("web").pods)).rejects.toBeInstanceOf(Retry);
    });

    it("has it come back to an association of the VPC, which the list shows as it is", async () => {
      const cloud = fresh();
      const { id: serviceNetworkIdentifier } = await upsertNetwork(cloud, `mesh-${runOf(cloud)}`);
      const { vpcId: vpcIdentifier } = cloud.cluster;
      const made = await cloud.call("CreateServiceNetworkVpcAssociation", { serviceNetworkIdentifier, vpcIdentifier });

      const listed = await cloud.all("ListServiceNetworkVpcAssociations", { serviceNetworkIdentifier, vpcIdentifier });
      const removed = await refusalOf(
        cloud.call("DeleteServiceNetworkVpcAssociation", { serviceNetworkVpcAssociationIdentifier: made.id }),
      );

      expect(made.status).toBe("CREATE_IN_PROGRESS");
      expect(listed).toMatchObject([{ id: made.id, arn: made.arn, status: "CREATE_IN_PROGRESS" }]);
      expect(removed?.is("ConflictException")).toBe(true);
    });
  });
}
