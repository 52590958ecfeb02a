// A service that costs the proxy several times what load and origin cost: policies and rules of the size that the quotas allow.
import { forwardTo, newListener, ruleInput } from "../../test/harness/lattice-resources.ts";
import { logToBoth, openService, policyOf } from "../../test/harness/open-service.ts";
import { signedHeaders } from "../../test/harness/plain-client.ts";
import type { Scene } from "../../test/harness/scene.ts";
import type { LoadRequest } from "./load.ts";

const rules = 10;
/** Patterns without an early end: what they are compared with has their letters, in another order. */
const patterns = (count: number): string[] => Array.from({ length: count }, (_, i) => `*tenant-*-${i}-*-none*`);
const tenant = "tenant-4711-orders-eu-west-1-production-blue-canary".repeat(4);

/** @returns some 9 KB of the 10 KB that a policy may have: statements that all have to be looked at, none of which denies */
function largePolicy(): string {
  const denials = Array.from({ length: 20 }, (_, i) => ({
    Effect: "Deny",
    Condition: { StringLike: { [`vpc-lattice-svcs:RequestHeader/x-part-${i % 4}`]: patterns(10) } },
  }));
  return policyOf({}, ...denials);
}

/** The last rule has the request; those before it have its path, and not its headers. */
const ruleOf = (index: number) => ({
  name: `route-${index}`,
  priority: index + 1,
  match: {
    httpMatch: {
      pathMatch: { match: { prefix: "/api/v1/" } },
      headerMatches:
        index === rules - 1
          ? []
          : Array.from({ length: 5 }, (_, part) => ({
              name: `x-part-${part % 4}`,
              match: { contains: part === 4 ? `none-${index}` : "tenant" },
            })),
    },
  },
});

/** Sets the service up. @returns requests that it answers, each with a signature of its own */
export async function heavyService(
  scene: Scene,
  originPort: number,
): Promise<readonly [LoadRequest, ...LoadRequest[]]> {
  const { client } = scene;
  const service = await openService(client, "iam");
  const group = await scene.groupOf({ port: originPort }, { healthCheck: { enabled: false } });
  for (const resourceIdentifier of [service.id, service.networkId]) {
    await client.putAuthPolicy({ resourceIdentifier, policy: largePolicy() });
  }
  const listener = await newListener(client, service.id);
  for (let index = 0; index < rules; index += 1) {
    await client.createRule(ruleInput(service.id, listener.id, { ...ruleOf(index), action: forwardTo(group.id) }));
  }
  await logToBoth(client, service.id);
  const parts = Object.fromEntries(Array.from({ length: 4 }, (_, part) => [`x-part-${part}`, `${tenant}-${part}`]));
  const of = (path: string): LoadRequest => ({
    path,
    headers: { ...signedHeaders(service.host, "GET", path), ...parts },
  });
  return [of("/api/v1/orders"), ...Array.from({ length: 63 }, (_, i) => of(`/api/v1/orders/${i}`))];
}
