import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ApiClient } from "../api-client.ts";
import type { World } from "../world.ts";
import { endpointSteps } from "./endpoints.ts";
import { stepsOf } from "./lifecycle.ts";
import { lifecycles } from "./lifecycles.ts";
import { type Called, runSteps } from "./run-steps.ts";
import { terraformSteps } from "./terraform.ts";

/**
 * The tests that every client has to pass.
 * @param title of the client
 * @param start starts the client on the world's Pergola
 */
export function describeClient(title: string, world: () => World, start: (world: World) => Promise<ApiClient>): void {
  describe(title, () => {
    let client: ApiClient;
    const called: Called = { operations: new Set(), paginators: new Set() };
    beforeAll(async () => {
      client = await start(world());
    });
    afterAll(async () => {
      await client?.[Symbol.asyncDispose]();
    });

    for (const lifecycle of lifecycles) {
      it(`creates, reads back, changes and deletes ${lifecycle.kind}, then gets a 404`, async () => {
        await runSteps(client, stepsOf(lifecycle), world().variables(), called);
      });
    }

    it("lists VPC endpoints and deletes the association of one", async () => {
      await runSteps(client, endpointSteps, world().variables(), called);
    });

    it("finds answers as Terraform's provider compares them", async () => {
      await runSteps(client, terraformSteps, world().variables(), called);
    });

    it("has called every operation and every paginator that it has", async () => {
      const { operations, paginators } = await client.surface();

      expect([...operations].sort()).toEqual([...called.operations].sort());
      expect([...paginators].sort()).toEqual([...called.paginators].sort());
      expect(called.operations.size).toBe(73);
    });
  });
}
