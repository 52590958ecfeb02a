import type { HttpMatch } from "@aws-sdk/client-vpc-lattice";
import { expect, it } from "vitest";
import { type Cloud, untilDone } from "./cloud.ts";
import { rulesOf } from "./listeners-and-rules.ts";
import { type Reconciled, reconcileRoute } from "./reconcile.ts";
import { grpcMatch, type Route } from "./routes.ts";
import { backend, httpRoute, newCluster, runOf, type Scene } from "./scene.ts";

const path = (exact: string): HttpMatch => ({ pathMatch: { match: { exact }, caseSensitive: true } });
const header = (name: string, exact: string) => ({ name, match: { exact }, caseSensitive: false });

/** What a route's rules may ask for. */
const matches: readonly HttpMatch[] = [
  path("/exact"),
  { pathMatch: { match: { prefix: "/prefix" }, caseSensitive: true } },
  { method: "DELETE" },
  { headerMatches: [header("X-One", "1")] },
  { ...path("/all"), method: "GET", headerMatches: ["A", "b", "C", "d", "E"].map((name) => header(name, name)) },
  grpcMatch("helloworld.Greeter", "SayHello"),
  grpcMatch("helloworld.Greeter"),
];

const listenerOf = ({ service, listenerIds }: Reconciled) => ({
  serviceIdentifier: service.id,
  listenerIdentifier: listenerIds[0] ?? "",
});
const rulesIn = async (cloud: Cloud, made: Reconciled) =>
  (await rulesOf(cloud, listenerOf(made)))
    .filter(({ isDefault }) => isDefault !== true)
    .sort((a, b) => (a.priority ?? 0) - (b.priority ?? 0));

/** @returns a route whose rules are of these paths, in this order, each for a backend of its own */
const routeOf = (cloud: Cloud, ...paths: string[]): Route =>
  httpRoute(cloud, {
    rules: paths.map((exact) => ({ match: path(exact), backends: [backend(`at-${exact.slice(1)}`)] })),
  });

export function describeRules(scene: () => Scene): void {
  it("have their match as it was sent, flags and letter case too, with no header matches where none were", async () => {
    const cloud = newCluster(scene());
    const route = httpRoute(cloud, { rules: matches.map((match) => ({ match, backends: [] })) });

    const made = await untilDone(() => reconcileRoute(cloud, route));

    const read = (await rulesIn(cloud, made)).map(({ match }) => {
      const { headerMatches = [], ...rest } = match?.httpMatch ?? {};
      return headerMatches.length === 0 ? rest : { ...rest, headerMatches };
    });
    expect(read).toEqual(matches);
  });

  it("have their action as it was sent: ids of target groups, weights, and 500 where no backend exists", async () => {
    const cloud = newCluster(scene());
    const weighted = [backend("one", { weight: 0 }), backend("two", { weight: 999 }), backend("three")];
    const route = httpRoute(cloud, {
      rules: [
        { match: path("/three"), backends: weighted },
        { match: path("/one"), backends: [backend("alone", { weight: 7 })] },
        { match: path("/none"), backends: [] },
      ],
    });

    const made = await untilDone(() => reconcileRoute(cloud, route));

    const to = (service: string, weight: number) => ({ targetGroupIdentifier: made.groups.get(service), weight });
    expect((await rulesIn(cloud, made)).map(({ action }) => action)).toEqual([
      { forward: { targetGroups: [to("one", 0), to("two", 999), to("three", 1)] } },
      { forward: { targetGroups: [to("alone", 7)] } },
      { fixedResponse: { statusCode: 500 } },
    ]);
  });

  it("beside the default one say so: isDefault is true in ListRules and in GetRule, and there is no priority", async () => {
    const cloud = newCluster(scene());
    const made = await untilDone(() => reconcileRoute(cloud, httpRoute(cloud)));
    const listener = listenerOf(made);

    const listed = await cloud.all("ListRules", listener);
    const isDefault = listed.filter((rule) => rule.isDefault === true);
    const got = await cloud.call("GetRule", { ...listener, ruleIdentifier: isDefault[0]?.id });

    expect(listed).toHaveLength(2);
    expect(isDefault).toHaveLength(1);
    expect(isDefault[0]).not.toHaveProperty("priority");
    expect(got).toMatchObject({ isDefault: true, action: { fixedResponse: { statusCode: 404 } } });
    expect(got).not.toHaveProperty("priority");
  });

  it("come into the route's order in one call that carries priorities only; matches and actions stay", async () => {
    const cloud = newCluster(scene());
    const first = await untilDone(() => reconcileRoute(cloud, routeOf(cloud, "/a", "/b", "/c")));
    const before = cloud.changes.length;

    await untilDone(() => reconcileRoute(cloud, routeOf(cloud, "/new", "/c", "/b", "/a")));
    const changes = cloud.changes.slice(before).filter((operation) => operation.endsWith("Rule"));

    expect(changes).toEqual(["CreateRule", "BatchUpdateRule"]);
    const rules = await rulesIn(cloud, first);
    expect(rules.map(({ priority }) => priority)).toEqual([1, 2, 3, 4]);
    expect(rules.map(({ match }) => match?.httpMatch?.pathMatch?.match?.exact)).toEqual(["/new", "/c", "/b", "/a"]);
    expect(rules[3]?.action?.forward?.targetGroups?.[0]?.targetGroupIdentifier).toBe(first.groups.get("at-a"));
  });

  it("are updated with match, priority and action together, and keep their id and place", async () => {
    const cloud = newCluster(scene());
    const first = await untilDone(() => reconcileRoute(cloud, routeOf(cloud, "/a", "/b")));
    const [a, b] = await rulesIn(cloud, first);
    const changed = httpRoute(cloud, {
      rules: [
        { match: path("/a"), backends: [backend("at-a", { weight: 3 })] },
        { match: path("/b"), backends: [] },
      ],
    });
    const before = cloud.changes.length;

    await untilDone(() => reconcileRoute(cloud, changed));

    expect(cloud.changes.slice(before).filter((operation) => operation.endsWith("Rule"))).toEqual([
      "UpdateRule",
      "UpdateRule",
    ]);
    expect(await rulesIn(cloud, first)).toMatchObject([
      { id: a?.id, priority: 1, match: a?.match, action: { forward: { targetGroups: [{ weight: 3 }] } } },
      { id: b?.id, priority: 2, match: b?.match, action: { fixedResponse: { statusCode: 500 } } },
    ]);
  });

  it("that a route has no more are deleted, the default one never", async () => {
    const cloud = newCluster(scene());
    const made = await untilDone(() => reconcileRoute(cloud, routeOf(cloud, "/a", "/b", "/c")));

    await untilDone(() => reconcileRoute(cloud, routeOf(cloud, "/b")));

    const left = await rulesOf(cloud, listenerOf(made));
    expect(left.map(({ isDefault, match }) => isDefault || match?.httpMatch?.pathMatch?.match?.exact).sort()).toEqual([
      "/b",
      true,
    ]);
  });

  it("go to a target group of one service; a listener is found by its port and has the route's name", async () => {
    const cloud = newCluster(scene());
    const route = httpRoute(cloud, {
      listeners: [
        { port: 8080, protocol: "HTTP" },
        { port: 8443, protocol: "HTTPS" },
      ],
    });
    const made = await untilDone(() => reconcileRoute(cloud, route));
    const { id: serviceIdentifier, arn } = made.service;

    const listed = await cloud.all("ListListeners", { serviceIdentifier });
    const used = await cloud.call("GetTargetGroup", { targetGroupIdentifier: made.groups.get("web") });

    expect(listed.sort((a, b) => (a.port ?? 0) - (b.port ?? 0))).toMatchObject([
      { port: 8080, protocol: "HTTP", name: `shop-${runOf(cloud)}-default-8080-http`, id: made.listenerIds[0] },
      { port: 8443, protocol: "HTTPS", name: `shop-${runOf(cloud)}-default-8443-https`, id: made.listenerIds[1] },
    ]);
    expect(used.serviceArns).toEqual([arn]);
  });

  it("of a listener that is left out go with it", async () => {
    const cloud = newCluster(scene());
    const both = httpRoute(cloud, {
      listeners: [
        { port: 80, protocol: "HTTP" },
        { port: 443, protocol: "HTTPS" },
      ],
    });
    const made = await untilDone(() => reconcileRoute(cloud, both));

    await untilDone(() => reconcileRoute(cloud, httpRoute(cloud)));

    const listed = await cloud.all("ListListeners", { serviceIdentifier: made.service.id });
    expect(listed).toMatchObject([{ id: made.listenerIds[0], port: 80 }]);
  });

  it("are none on a TLS listener: its default action is compared, and updated when weights change", async () => {
    const cloud = newCluster(scene());
    const tls = (weight: number): Route =>
      httpRoute(cloud, {
        kind: "TLSRoute",
        hostname: `tls.${runOf(cloud)}.example.com`,
        listeners: [{ port: 443, protocol: "TLS_PASSTHROUGH" }],
        rules: [{ match: {}, backends: [backend("one", { weight }), backend("two", { weight: 50 })] }],
      });
    const made = await untilDone(() => reconcileRoute(cloud, tls(50)));
    const before = cloud.changes.length;

    await untilDone(() => reconcileRoute(cloud, tls(10)));

    const listener = await cloud.call("GetListener", listenerOf(made));
    const to = (service: string, weight: number) => ({ targetGroupIdentifier: made.groups.get(service), weight });
    expect(cloud.changes.slice(before)).toEqual(["RegisterTargets", "RegisterTargets", "UpdateListener"]);
    expect(listener.name).toBe(`shop-${runOf(cloud)}-default-443-tls`);
    expect(listener.defaultAction).toEqual({ forward: { targetGroups: [to("one", 10), to("two", 50)] } });
  });
}
