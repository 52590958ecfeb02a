import type { HealthCheckConfig, TargetGroupConfig } from "@aws-sdk/client-vpc-lattice";
import { expect, it } from "vitest";
import { Retry, refusalOf, untilDone } from "./cloud.ts";
import { deleteRoute, podReadiness, reconcileExport, reconcileRoute } from "./reconcile.ts";
import { groupName } from "./routes.ts";
import { backend, httpRoute, newCluster, podsOf, runOf, type Scene, startPod } from "./scene.ts";
import { deleteService } from "./services.ts";
import { tagKeys } from "./tags.ts";
import { collectGarbage, deleteGroup, findGroup, groupSpec, upsertGroup, wantedHealthCheck } from "./target-groups.ts";
import { updateTargets } from "./targets.ts";

/** Every protocol that the controller makes target groups of. */
const protocols: readonly TargetGroupConfig[] = [
  { protocol: "HTTP", protocolVersion: "HTTP1" },
  { protocol: "HTTP", protocolVersion: "HTTP2" },
  { protocol: "HTTP", protocolVersion: "GRPC" },
  { protocol: "HTTPS", protocolVersion: "HTTP1" },
  { protocol: "TCP" },
];

const policy: HealthCheckConfig = {
  enabled: true,
  path: "/healthz",
  healthCheckIntervalSeconds: 10,
  matcher: { httpCode: "200-299" },
};

export function describeTargetGroups(scene: () => Scene): void {
  it.each(protocols)(
    "shows all of the config as it was sent, and the health check that the controller expects: %j",
    async (kind) => {
      const cloud = newCluster(scene());
      const config = { ...kind, port: 8090, ipAddressType: "IPV6", vpcIdentifier: cloud.cluster.vpcId } as const;
      const source = { kind: "HTTPRoute", service: "web", namespace: "default", route: "shop" } as const;

      await upsertGroup(cloud, { source, config });
      const again = await untilDone(() => upsertGroup(cloud, { source, config }));

      const { type, config: shown } = await cloud.call("GetTargetGroup", { targetGroupIdentifier: again });
      expect({ type, config: shown }).toEqual({
        type: "IP",
        config: { ...config, healthCheck: wantedHealthCheck(config) },
      });
      expect(cloud.changes).toEqual(["CreateTargetGroup"]);
    },
  );

  it("takes a policy's health check with one update, and goes back to the defaults with another", async () => {
    const cloud = newCluster(scene());
    const source = { kind: "HTTPRoute", service: "web", namespace: "default", route: "shop" } as const;
    const upsert = (healthCheck?: HealthCheckConfig) =>
      untilDone(() => upsertGroup(cloud, groupSpec(cloud, source, backend("web", healthCheck ? { healthCheck } : {}))));
    const id = await upsert();

    for (const healthCheck of [policy, policy, undefined, undefined]) await upsert(healthCheck);
    const { config } = await cloud.call("GetTargetGroup", { targetGroupIdentifier: id });

    expect(cloud.changes).toEqual(["CreateTargetGroup", "UpdateTargetGroup", "UpdateTargetGroup"]);
    expect(config?.healthCheck).toEqual(wantedHealthCheck({ protocol: "HTTP", protocolVersion: "HTTP1" }));
  });

  it("is found by its tags and then by ARN; one of another port, cluster or protocol is another", async () => {
    const cloud = newCluster(scene());
    const source = { kind: "HTTPRoute", service: "web", namespace: "default", route: "shop" } as const;
    const spec = groupSpec(cloud, source, backend("web"));
    const id = await upsertGroup(cloud, spec);
    const others = [
      { ...spec, config: { ...spec.config, port: 81 } },
      { ...spec, config: { ...spec.config, protocol: "HTTPS" as const } },
      { ...spec, config: { ...spec.config, protocolVersion: "HTTP2" as const } },
      { ...spec, source: { ...source, route: "shop-2" } },
      { ...spec, source: { ...source, service: "web-2" } },
    ];

    expect((await untilDone(() => findGroup(cloud, spec)))?.id).toBe(id);
    for (const other of others) expect(await findGroup(cloud, other)).toBeUndefined();
    expect(await findGroup(newCluster(scene()), spec)).toBeUndefined();
  });

  it("may have a name of fifty-five and fifty-five characters and a random end", async () => {
    const cloud = newCluster(scene());
    const source = { kind: "HTTPRoute", service: "s".repeat(70), namespace: "n".repeat(70), route: "shop" } as const;
    const id = await upsertGroup(cloud, groupSpec(cloud, source, backend("web")));

    const { name } = await cloud.call("GetTargetGroup", { targetGroupIdentifier: id });

    expect(name).toMatch(/^k8s-n{55}-s{55}-[a-z]{10}$/);
    expect(groupName(source)).not.toBe(name);
  });

  it("takes targets a hundred at a time, and lets go those that are no pods any more, once", async () => {
    const cloud = newCluster(scene());
    const route = (pods: number) =>
      httpRoute(cloud, { rules: [{ match: { method: "GET" }, backends: [backend("web", { pods: podsOf(pods) })] }] });
    const made = await untilDone(() => reconcileRoute(cloud, route(250)));
    const id = made.groups.get("web") ?? "";
    const statuses = async () =>
      (await cloud.all("ListTargets", { targetGroupIdentifier: id })).map(({ status }) => status);
    const all = await statuses();
    const before = cloud.changes.length;

    await updateTargets(cloud, id, podsOf(20));
    const draining = (await statuses()).filter((status) => status === "DRAINING");
    await updateTargets(cloud, id, podsOf(20));

    expect(all).toHaveLength(250);
    expect(draining).toHaveLength(230);
    expect(cloud.changes.slice(before)).toEqual([
      ...Array(3).fill("DeregisterTargets"),
      "RegisterTargets",
      "RegisterTargets",
    ]);
  });

  it("says of its targets what a pod's readiness gate waits for", async () => {
    const cloud = newCluster(scene());
    await using healthy = await startPod();
    await using broken = await startPod(500);
    const healthCheck = { healthCheckIntervalSeconds: 5, healthCheckTimeoutSeconds: 1 };
    const routeTo = (pod: { id: string; port: number }, more = {}) =>
      httpRoute(cloud, {
        rules: [
          {
            match: { method: "GET" },
            backends: [backend("web", { pods: [{ id: pod.id, port: pod.port }], healthCheck, ...more })],
          },
        ],
      });
    const readiness = async (route: ReturnType<typeof routeTo>) => {
      const made = await untilDone(() => reconcileRoute(cloud, route));
      return untilDone(() => podReadiness(cloud, route, made));
    };

    expect(await readiness(routeTo(healthy))).toEqual([{ ready: true, status: "HEALTHY" }]);
    // Not ready, so far or for good: the controller comes back.
    const made = await untilDone(() => reconcileRoute(cloud, routeTo(broken)));
    await expect(podReadiness(cloud, routeTo(broken), made)).rejects.toThrow(/INITIAL|UNHEALTHY/);
    await expect(podReadiness(cloud, routeTo({ id: "127.0.0.1", port: 1 }), made)).rejects.toThrow("missing");
    expect(await readiness(routeTo(broken, { healthCheck: { enabled: false } }))).toEqual([
      { ready: true, status: "UNAVAILABLE" },
    ]);
    const exported = await untilDone(() => reconcileExport(cloud, "default", backend("out")));
    expect(await cloud.all("ListTargets", { targetGroupIdentifier: exported })).toMatchObject([{ status: "UNUSED" }]);
  });

  it("of a ServiceExport serves the route of another cluster that imports it", async () => {
    const [exporter, importer] = [newCluster(scene()), newCluster(scene())];
    const id = await untilDone(() => reconcileExport(exporter, "default", backend("stock")));
    const route = httpRoute(importer, {
      rules: [{ match: { method: "GET" }, backends: [backend("web")], imports: [{ id, weight: 4 }] }],
    });

    const made = await untilDone(() => reconcileRoute(importer, route));

    expect((await importer.call("GetTargetGroup", { targetGroupIdentifier: id })).serviceArns).toEqual([
      made.service.arn,
    ]);
    expect(await collectGarbage(exporter, () => false)).toEqual([]);
    await untilDone(() => deleteRoute(importer, route));
    expect(await collectGarbage(exporter, () => false)).toEqual([id]);
  });

  it.each([
    ["the tagging API", true],
    ["VPC Lattice's tags alone", false],
  ])(
    "that nothing uses or wants is collected, with %s: no service, its cluster's tags, its VPC",
    async (_, usesTaggingApi) => {
      const cloud = newCluster(scene(), { usesTaggingApi });
      const neighbour = newCluster(scene());
      const kept = httpRoute(cloud, { name: `kept-${runOf(cloud)}` });
      const used = (await untilDone(() => reconcileRoute(cloud, kept))).groups.get("web");
      const source = (route: string) => ({ kind: "HTTPRoute", service: "web", namespace: "default", route }) as const;
      const unused = await upsertGroup(cloud, groupSpec(cloud, source("gone"), backend("web")));
      await untilDone(() => upsertGroup(cloud, groupSpec(cloud, source("gone"), backend("web"))));
      const wanted = await upsertGroup(cloud, groupSpec(cloud, source("soon"), backend("web")));
      const foreign = await upsertGroup(neighbour, groupSpec(neighbour, source("gone"), backend("web")));

      const deleted = await collectGarbage(cloud, (tags) => tags[tagKeys.route] === "soon");

      expect(deleted).toEqual([unused]);
      const left = (await cloud.all("ListTargetGroups", {})).map(({ id }) => id);
      expect(left).toEqual(expect.arrayContaining([used, wanted, foreign]));
    },
  );

  it("to which a policy gives another protocol is replaced: rules forward to the new one, the old one is collected", async () => {
    const cloud = newCluster(scene());
    const routeWith = (protocol: "HTTP" | "HTTPS") =>
      httpRoute(cloud, { rules: [{ match: { method: "GET" }, backends: [backend("web", { protocol })] }] });
    const first = await untilDone(() => reconcileRoute(cloud, routeWith("HTTP")));

    const second = await untilDone(() => reconcileRoute(cloud, routeWith("HTTPS")));
    const deleted = await collectGarbage(cloud, (_, { protocol }) => protocol === "HTTPS");

    expect(second.service).toEqual(first.service);
    expect(deleted).toEqual([first.groups.get("web")]);
    const used = await cloud.call("GetTargetGroup", { targetGroupIdentifier: second.groups.get("web") });
    expect(used).toMatchObject({ config: { protocol: "HTTPS" }, serviceArns: [first.service.arn] });
  });

  it("is not deleted while a target drains; one that is gone already is done", async () => {
    const cloud = newCluster(scene());
    const route = httpRoute(cloud);
    const made = await untilDone(() => reconcileRoute(cloud, route));
    const id = made.groups.get("web") ?? "";

    const used = await refusalOf(cloud.call("DeleteTargetGroup", { targetGroupIdentifier: id }));
    await updateTargets(cloud, id, []);
    await untilDone(() => deleteService(cloud, route));

    expect(used?.is("ConflictException")).toBe(true);
    await expect(deleteGroup(cloud, id)).rejects.toBeInstanceOf(Retry);
    await deleteGroup(cloud, "tg-00000000000000000");
  });
}
