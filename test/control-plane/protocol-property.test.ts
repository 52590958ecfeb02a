import { latticeOperations, operations } from "@pergola/control-plane";
import { openMemoryStore } from "@pergola/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ControlPlaneHarness, startControlPlane } from "../harness/control-plane.ts";
import { interceptTransactions } from "../harness/intercepted-store.ts";
import { newListener, newRule, newService, newTargetGroup } from "../harness/lattice-resources.ts";

let plane: ControlPlaneHarness;
let transactions = 0;
let rulesPath: string;
let labels: string[];
let valid: Record<string, unknown>;
beforeAll(async () => {
  const store = interceptTransactions(openMemoryStore(), async (_, transact) => {
    transactions += 1;
    await transact();
  });
  plane = await startControlPlane({ store });
  const service = await newService(plane.client);
  const listener = await newListener(plane.client, service.id);
  const rule = await newRule(plane.client, service.id, listener.id, { priority: 2000 });
  const group = await newTargetGroup(plane.client);
  rulesPath = `/services/${service.id}/listeners/${listener.id}/rules`;
  labels = [service, listener, rule, group].flatMap(({ id, arn }) => [id, arn]);
  valid = {
    name: "valid",
    priority: 1,
    match: {
      httpMatch: {
        method: "GET",
        pathMatch: { match: { exact: "/a" }, caseSensitive: true },
        headerMatches: [{ name: "x-env", match: { contains: "beta" }, caseSensitive: false }],
      },
    },
    action: { forward: { targetGroups: [{ targetGroupIdentifier: group.id, weight: 1 }] } },
    tags: { team: "shop" },
    clientToken: "token",
  };
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
  await plane.store.close();
});

const notText = fc.oneof(fc.integer(), fc.boolean(), fc.constant([]), fc.constant({}));
const notNumber = fc.oneof(fc.string(), fc.boolean(), fc.constant([]), fc.constant({}));
const notFlag = fc.oneof(fc.string(), fc.integer(), fc.constant([]), fc.constant({}));
const notObject = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant([]));
const notList = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant({}));
const text = (good: RegExp) =>
  fc.oneof(
    notText,
    fc.string({ unit: "binary" }).filter((value) => !good.test(value)),
  );
const outside = (min: number, max: number) =>
  fc.oneof(notNumber, fc.integer({ max: min - 1 }), fc.integer({ min: max + 1 }), fc.constant(min + 0.5));
const missing = fc.constant(undefined);

/** Members of a CreateRule request, and values that none of them may have. */
const wrong: readonly (readonly [path: readonly (string | number)[], values: fc.Arbitrary<unknown>])[] = [
  [["name"], fc.oneof(missing, text(/^[a-z0-9-]{3,63}$/))],
  [["priority"], fc.oneof(missing, outside(1, 2000))],
  [["match"], fc.oneof(missing, notObject)],
  [["match", "httpMatch"], fc.oneof(missing, notObject)],
  [["match", "httpMatch", "method"], text(/^\S{1,16}$/)],
  [["match", "httpMatch", "pathMatch"], notObject],
  [["match", "httpMatch", "pathMatch", "match"], fc.oneof(missing, notObject)],
  [["match", "httpMatch", "pathMatch", "match", "exact"], fc.oneof(missing, text(/^\//))],
  [["match", "httpMatch", "pathMatch", "match", "prefix"], fc.string()],
  [["match", "httpMatch", "pathMatch", "caseSensitive"], notFlag],
  [["match", "httpMatch", "headerMatches"], notList],
  [["match", "httpMatch", "headerMatches", 0], fc.oneof(notObject, fc.constant(null))],
  [["match", "httpMatch", "headerMatches", 0, "name"], fc.oneof(missing, text(/^[\s\S]{1,100}$/))],
  [["match", "httpMatch", "headerMatches", 0, "match"], fc.oneof(missing, notObject)],
  [["match", "httpMatch", "headerMatches", 0, "match", "contains"], fc.oneof(missing, text(/^[\s\S]{1,200}$/))],
  [["match", "httpMatch", "headerMatches", 0, "match", "exact"], fc.string()],
  [["action"], fc.oneof(missing, notObject)],
  [["action", "fixedResponse"], fc.constant({ statusCode: 404 })],
  [["action", "forward"], fc.oneof(missing, notObject)],
  [["action", "forward", "targetGroups"], fc.oneof(missing, notList, fc.constant([]))],
  [["action", "forward", "targetGroups", 0, "targetGroupIdentifier"], fc.oneof(missing, text(/^(?:tg-|arn:)/))],
  [["action", "forward", "targetGroups", 0, "weight"], outside(0, 999)],
  [["tags"], notObject],
  [["tags", "aws:cloud"], fc.string()],
  [["tags", "team"], fc.oneof(notText, fc.constant("v".repeat(257)))],
  [["clientToken"], fc.oneof(notText, fc.constant(""), fc.constant("t".repeat(65)))],
];

/** Puts a value at a path, as far as the path still leads somewhere after other mutations. @returns whether it did */
function mutate(body: unknown, [head, ...rest]: readonly (string | number)[], value: unknown): boolean {
  if (typeof body !== "object" || body === null || head === undefined) return false;
  const container = body as Record<string | number, unknown>;
  if (rest.length > 0) return mutate(container[head], rest, value);
  container[head] = value;
  return true;
}

describe("a valid request with something wrong in it", () => {
  const mutation = fc.constantFrom(...wrong).chain(([path, values]) => fc.tuple(fc.constant(path), values));

  it("is answered 400 and writes nothing", { timeout: 60_000 }, async () => {
    const before = transactions;

    await fc.assert(
      fc.asyncProperty(mutation, async ([path, value]) => {
        const body = structuredClone(valid);
        fc.pre(mutate(body, path, value));
        const answer = await plane.send("POST", rulesPath, JSON.stringify(body));
        expect(answer.status).toBe(400);
        expect(answer.headers["x-amzn-errortype"]).toBe("ValidationException");
      }),
      { numRuns: 600 },
    );

    expect(transactions).toBe(before);
  });

  it("is good without that", async () => {
    const answer = await plane.send("POST", rulesPath, JSON.stringify(valid));

    expect(answer.status).toBe(201);
  });
});

describe("any request at all", () => {
  const operation = fc.constantFrom(...latticeOperations.filter(({ name }) => Object.hasOwn(operations, name)));
  const knownLabel = fc.nat().map((index) => labels[index % labels.length] as string);
  const label = fc.oneof(
    { weight: 3, arbitrary: knownLabel },
    fc.string({ unit: "binary", minLength: 1, maxLength: 40 }),
  );
  const query = fc.oneof(
    fc.constant(""),
    fc.webQueryParameters(),
    fc
      .record({ maxResults: fc.oneof(fc.integer(), fc.string()), nextToken: fc.string({ unit: "binary" }) })
      .map(
        ({ maxResults, nextToken }) =>
          `maxResults=${encodeURIComponent(String(maxResults))}&nextToken=${encode(nextToken)}`,
      ),
  );

  /** Lone surrogates cannot be encoded. */
  function encode(value: string): string {
    return encodeURIComponent(value.toWellFormed());
  }

  /** JSON with the operation's own members, each with any value. */
  function bodyOf(names: readonly string[]): fc.Arbitrary<string | Uint8Array> {
    const members = fc.dictionary(fc.constantFrom(...names, "x"), fc.oneof(fc.jsonValue(), knownLabel));
    return fc.oneof(
      { weight: 6, arbitrary: members.map((value) => JSON.stringify(value)) },
      { weight: 1, arbitrary: fc.json() },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 50 }) },
    );
  }

  const request = operation.chain(({ method, segments, input }) => {
    const names = [...input.structIterator()].map(([name]) => name);
    const path = fc.tuple(
      ...segments.map((segment) => (segment.startsWith("{") ? label.map(encode) : fc.constant(segment))),
    );
    return fc.record({
      method: fc.constant(method),
      target: fc.tuple(path, query).map(([parts, search]) => `/${parts.join("/")}?${search}`),
      body: method === "GET" ? fc.constant(undefined) : bodyOf(names),
    });
  });

  it("is never Pergola's fault", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(request, async ({ method, target, body }) => {
        const answer = await plane.send(method, target, body);
        expect(answer.status).toBeLessThan(500);
      }),
      { numRuns: 1000 },
    );

    expect(plane.faults).toEqual([]);
  });
});
