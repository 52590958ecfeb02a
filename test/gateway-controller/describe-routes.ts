import { describe, expect, it } from "vitest";
import { type Cloud, Retry, refusalOf, untilDone } from "./cloud.ts";
import { upsertNetwork } from "./networks.ts";
import { deleteRoute, reconcileRoute } from "./reconcile.ts";
import { grpcMatch, type Route, serviceName } from "./routes.ts";
import { backend, httpRoute, newCluster, runOf, type Scene } from "./scene.ts";
import { deleteService, disassociate, findService, upsertService } from "./services.ts";
import { ownerTags, tagKeys, tagsOf } from "./tags.ts";

/** @returns what another reconciliation of a route changes beside registering its pods again, which it always does */
async function changesOf(cloud: Cloud, route: Route): Promise<string[]> {
  const before = cloud.changes.length;
  await untilDone(() => reconcileRoute(cloud, route));
  return cloud.changes.slice(before).filter((operation) => operation !== "RegisterTargets");
}

const checkout = (cloud: Cloud): Route =>
  httpRoute(cloud, {
    networks: [`mesh-${runOf(cloud)}`],
    listeners: [
      { port: 80, protocol: "HTTP" },
      { port: 443, protocol: "HTTPS" },
    ],
    rules: [
      {
        match: { pathMatch: { match: { exact: "/cart" }, caseSensitive: true }, method: "GET" },
        backends: [backend("cart-v1", { weight: 9 }), backend("cart-v2", { weight: 1 })],
      },
      {
        match: {
          pathMatch: { match: { prefix: "/" }, caseSensitive: true },
          headerMatches: [{ name: "X-Stage", match: { exact: "beta" }, caseSensitive: false }],
        },
        backends: [],
      },
    ],
    tags: { team: "shop" },
  });

const greeter = (cloud: Cloud): Route =>
  httpRoute(cloud, {
    kind: "GRPCRoute",
    networks: [`mesh-${runOf(cloud)}`],
    listeners: [{ port: 443, protocol: "HTTPS" }],
    rules: [
      { match: grpcMatch("helloworld.Greeter", "SayHello"), backends: [backend("greeter")] },
      { match: grpcMatch("helloworld.Greeter"), backends: [backend("others")] },
      { match: grpcMatch(), backends: [] },
    ],
  });

const passthrough = (cloud: Cloud): Route =>
  httpRoute(cloud, {
    kind: "TLSRoute",
    networks: [`mesh-${runOf(cloud)}`],
    hostname: `tls.${runOf(cloud)}.example.com`,
    listeners: [{ port: 443, protocol: "TLS_PASSTHROUGH" }],
    rules: [{ match: {}, backends: [backend("one", { weight: 20 }), backend("two", { weight: 80 })] }],
  });

export function describeRoutes(scene: () => Scene): void {
  const routes = [
    ["an HTTPRoute", checkout],
    ["a GRPCRoute", greeter],
    ["a TLSRoute", passthrough],
  ] as const;
  const ways = [
    ["the tagging API", true],
    ["VPC Lattice's tags alone", false],
  ] as const;
  describe.each(routes)("%s", (_, routeOf) => {
    it.each(ways)(
      "is found as it was made, with %s: going through it again changes nothing",
      async (_, usesTaggingApi) => {
        const cloud = newCluster(scene(), { usesTaggingApi });
        await upsertNetwork(cloud, `mesh-${runOf(cloud)}`);

        const made = await untilDone(() => reconcileRoute(cloud, routeOf(cloud)));

        expect(await changesOf(cloud, routeOf(cloud))).toEqual([]);
        expect(made.listenerIds).toHaveLength(routeOf(cloud).listeners.length);
      },
    );

    it("leaves nothing when it is deleted", async () => {
      const cloud = newCluster(scene());
      await upsertNetwork(cloud, `mesh-${runOf(cloud)}`);
      const made = await untilDone(() => reconcileRoute(cloud, routeOf(cloud)));

      await untilDone(() => deleteRoute(cloud, routeOf(cloud)));

      expect(await findService(cloud, serviceName(routeOf(cloud)))).toBeUndefined();
      for (const targetGroupIdentifier of made.groups.values()) {
        const refusal = await refusalOf(cloud.call("GetTargetGroup", { targetGroupIdentifier }));
        expect(refusal?.is("ResourceNotFoundException")).toBe(true);
      }
    });
  });
  describe("a route's service", () => describeServices(scene));
}

function describeServices(scene: () => Scene): void {
  it("has the address of the create's answer in every list", async () => {
    const cloud = newCluster(scene());
    const created = await upsertService(cloud, httpRoute(cloud));

    expect(created.hostname).toMatch(
      new RegExp(`^shop-${runOf(cloud)}-default-0[0-9a-f]{16}\\.7d67968\\.vpc-lattice-svcs\\.`),
    );
    expect(await findService(cloud, serviceName(httpRoute(cloud)))).toEqual(created);
  });

  it("is found by its whole name, which is cut to twenty and eighteen characters", async () => {
    const cloud = newCluster(scene());
    const run = runOf(cloud);
    const long = { name: `${run}-a-very-long-name`, namespace: "a-namespace-of-twenty-six" };
    const names = [{ name: `${run}-a`, namespace: "x" }, { name: `${run}-a`, namespace: "x-y" }, long];
    const made = [];
    for (const one of names) made.push(await upsertService(cloud, httpRoute(cloud, one)));

    expect(serviceName(long)).toBe(`${run}-a-very-long-a-namespace-of-twe`);
    for (const [index, one] of names.entries()) {
      expect(await findService(cloud, serviceName(one))).toEqual(made[index]);
    }
  });

  it("says by its ManagedBy tag whose it is: another cluster leaves it alone, unless it may take it over", async () => {
    const cloud = newCluster(scene());
    const rival = newCluster(scene());
    const route = httpRoute(cloud);
    const { arn } = await upsertService(cloud, route);
    const owner = ownerTags(cloud)[tagKeys.managedBy] ?? "";

    await expect(upsertService(rival, route)).rejects.toThrow(owner);
    await deleteService(rival, route);
    expect(await findService(cloud, serviceName(route))).toBeDefined();
    await upsertService(rival, { ...route, takeOverFrom: owner });

    expect(await tagsOf(cloud, arn)).toMatchObject(ownerTags(rival));
    await expect(upsertService(cloud, route)).rejects.toThrow("belongs to");
  });

  it("that has no tags is taken, but not deleted", async () => {
    const cloud = newCluster(scene());
    const route = httpRoute(cloud);
    const { arn = "" } = await cloud.call("CreateService", { name: serviceName(route) });

    await deleteService(cloud, route);
    await untilDone(() => upsertService(cloud, route));

    expect(await tagsOf(cloud, arn)).toEqual({
      ...ownerTags(cloud),
      [tagKeys.route]: route.name,
      [tagKeys.routeNamespace]: "default",
      [tagKeys.routeType]: "HTTPRoute",
    });
  });

  it("gets and loses the tags of its route's annotation, and keeps the controller's", async () => {
    const cloud = newCluster(scene());
    const { arn } = await upsertService(cloud, httpRoute(cloud, { tags: { team: "a", stage: "beta" } }));
    const own = { [tagKeys.managedBy]: ownerTags(cloud)[tagKeys.managedBy] };

    await upsertService(cloud, httpRoute(cloud, { tags: { team: "b" } }));
    expect(await tagsOf(cloud, arn)).toMatchObject({ team: "b", ...own });
    expect(await tagsOf(cloud, arn)).not.toHaveProperty("stage");
    await upsertService(cloud, httpRoute(cloud));
    expect(await tagsOf(cloud, arn)).not.toHaveProperty("team");
  });

  it("is associated with the networks of its gateways, found by name, and let go by ARN", async () => {
    const cloud = newCluster(scene());
    const [one, two] = [`one-${runOf(cloud)}`, `two-${runOf(cloud)}`];
    for (const name of [one, two]) await upsertNetwork(cloud, name);
    const inNetworks = (...networks: string[]) => untilDone(() => upsertService(cloud, httpRoute(cloud, { networks })));

    // The answer to the create says CREATE_IN_PROGRESS: the controller comes back.
    await expect(upsertService(cloud, httpRoute(cloud, { networks: [one] }))).rejects.toBeInstanceOf(Retry);
    const service = await inNetworks(one, two);
    const both = await cloud.all("ListServiceNetworkServiceAssociations", { serviceIdentifier: service.id });
    await inNetworks(two);
    const left = await cloud.all("ListServiceNetworkServiceAssociations", { serviceIdentifier: service.id });

    expect(both.map(({ serviceNetworkName }) => serviceNetworkName).sort()).toEqual([one, two]);
    for (const { arn, status } of both) {
      expect(arn).toMatch(/servicenetworkserviceassociation\/snsa-0/);
      expect(status).toMatch(/^(ACTIVE|CREATE_IN_PROGRESS)$/);
    }
    expect(left).toMatchObject([{ serviceNetworkName: two }]);
  });

  it("keeps an association that the controller did not make", async () => {
    const cloud = newCluster(scene());
    const network = await upsertNetwork(cloud, `mesh-${runOf(cloud)}`);
    const service = await upsertService(cloud, httpRoute(cloud));
    const associate = async () => {
      const pair = { serviceIdentifier: service.id, serviceNetworkIdentifier: network.id };
      const refusal = await refusalOf(cloud.call("CreateServiceNetworkServiceAssociation", pair));
      if (refusal !== undefined) throw new Retry(refusal.message);
    };
    await untilDone(associate);

    await upsertService(cloud, httpRoute(cloud));

    const left = await cloud.all("ListServiceNetworkServiceAssociations", { serviceIdentifier: service.id });
    expect(left).toMatchObject([{ serviceNetworkName: `mesh-${runOf(cloud)}` }]);
    await untilDone(() => disassociate(cloud, left[0]?.arn ?? ""));
  });

  it("is deleted only when no association is left: any conflict until then means to come back", async () => {
    const cloud = newCluster(scene());
    await upsertNetwork(cloud, `mesh-${runOf(cloud)}`);
    const route = httpRoute(cloud, { networks: [`mesh-${runOf(cloud)}`] });
    const service = await untilDone(() => upsertService(cloud, route));

    const refusal = await refusalOf(cloud.call("DeleteService", { serviceIdentifier: service.id }));
    await untilDone(() => deleteService(cloud, route));

    expect(refusal?.is("ConflictException")).toBe(true);
    expect(await findService(cloud, serviceName(route))).toBeUndefined();
  });
}
