import { afterAll, beforeAll, describe } from "vitest";
import type { ApiClient } from "../clients/api-client.ts";
import { openWorld, type World } from "../clients/world.ts";
import { describeCertificates } from "./describe-certificates.ts";
import { describeErrors, describeOnItsWay } from "./describe-errors.ts";
import { describeNetworks } from "./describe-networks.ts";
import { describeAccessLogPolicies, describeAuthPolicies } from "./describe-policies.ts";
import { describeRoutes } from "./describe-routes.ts";
import { describeRules } from "./describe-rules.ts";
import { describeTargetGroups } from "./describe-target-groups.ts";
import type { Scene } from "./scene.ts";

/**
 * What AWS's Gateway API controller for Kubernetes calls, in its order, and what it expects of the answers. The calls and
 * comparisons are written anew from its documentation and behaviour (aws-application-networking-k8s, read 2026-11).
 * @param start starts the client that stands for the controller's SDK
 */
export function describeController(title: string, start: (world: World) => Promise<ApiClient>): void {
  describe(`the Gateway API controller's calls through ${title}`, () => {
    let scene: Scene;
    beforeAll(async () => {
      const world = await openWorld({ settleMs: 40 });
      scene = { world, client: await start(world) };
    }, 60_000);
    afterAll(async () => {
      await scene?.client[Symbol.asyncDispose]();
      await scene?.world[Symbol.asyncDispose]();
    });
    describe("errors", () => describeErrors(() => scene));
    describeRoutes(() => scene);
    describe("a route's listeners and rules", () => describeRules(() => scene));
    describe("a target group", () => describeTargetGroups(() => scene));
    describe("a service network", () => describeNetworks(() => scene));
    describe("an IAMAuthPolicy", () => describeAuthPolicies(() => scene));
    describe("an AccessLogPolicy", () => describeAccessLogPolicies(() => scene));
    describe("a certificate", () => describeCertificates(() => scene));
    describeOnItsWay(start);
  });
}
