import * as ramClient from "@aws-sdk/client-ram";
import { openMemoryStore } from "@pergola/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ControlPlaneHarness, otherAccount, startControlPlane } from "../harness/control-plane.ts";
import { interceptTransactions } from "../harness/intercepted-store.ts";
import { newNetwork } from "../harness/lattice-networked-resources.ts";
import { newService } from "../harness/lattice-resources.ts";
import { invitationTo, newShare } from "../harness/resource-shares.ts";

interface RamOperation {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly members: readonly string[];
}

/** As the SDK's schemas have them: [9, namespace, name, { http: [method, path, status] }, () => input, …]. */
const operations: readonly RamOperation[] = Object.values(ramClient as Readonly<Record<string, unknown>>)
  .filter((value): value is readonly unknown[] => Array.isArray(value) && value[0] === 9)
  .map(([, , name, traits, input]) => {
    const [method, path] = (traits as { http: [string, string] }).http;
    const [, , , , members] = (input as () => readonly unknown[])();
    return { name: String(name), method, path, members: members as readonly string[] };
  });

let plane: ControlPlaneHarness;
let transactions = 0;
let known: readonly string[];
let valid: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
beforeAll(async () => {
  const store = interceptTransactions(openMemoryStore(), async (_, transact) => {
    transactions += 1;
    await transact();
  });
  plane = await startControlPlane({ store });
  const ram = plane.ramOf({});
  const service = await newService(plane.client);
  const network = await newNetwork(plane.client);
  const share = await newShare(ram, { resourceArns: [service.arn], principals: [otherAccount] });
  const { resourceShareInvitationArn: invitation = "" } = await invitationTo(
    plane.ramOf({ account: otherAccount }),
    share,
  );
  const permission = "arn:aws:ram::aws:permission/AWSRAMPermissionVpcLatticeServiceReadWrite";
  known = [service.arn, network.arn, share, invitation, permission, otherAccount, "SELF", "OTHER-ACCOUNTS", "RESOURCE"];
  const [resourceShareArn, clientToken, maxResults] = [share, "token", 5];
  valid = {
    CreateResourceShare: {
      name: "a share",
      resourceArns: [network.arn],
      principals: [otherAccount],
      tags: [{ key: "a", value: "b" }],
      allowExternalPrincipals: true,
      clientToken,
      permissionArns: [permission],
      resourceShareConfiguration: { retainSharingOnAccountLeaveOrganization: true },
    },
    UpdateResourceShare: { resourceShareArn, name: "another", allowExternalPrincipals: true, clientToken },
    AssociateResourceShare: { resourceShareArn, resourceArns: [network.arn], principals: [otherAccount], clientToken },
    DisassociateResourceShare: { resourceShareArn, resourceArns: [network.arn], clientToken },
    GetResourceShares: {
      resourceOwner: "SELF",
      resourceShareArns: [share],
      resourceShareStatus: "ACTIVE",
      name: "a share",
      tagFilters: [{ tagKey: "a", tagValues: ["b"] }],
      permissionArn: permission,
      permissionVersion: 1,
      maxResults,
    },
    GetResourceShareAssociations: {
      associationType: "RESOURCE",
      resourceShareArns: [share],
      resourceArn: service.arn,
      associationStatus: "ASSOCIATED",
      maxResults,
    },
    AssociateResourceSharePermission: {
      resourceShareArn,
      permissionArn: permission,
      replace: true,
      permissionVersion: 1,
      clientToken,
    },
    ListResources: {
      resourceOwner: "SELF",
      principal: otherAccount,
      resourceType: "vpc-lattice:Service",
      resourceArns: [service.arn],
      resourceShareArns: [share],
      resourceRegionScope: "ALL",
      maxResults,
    },
    ListPrincipals: { resourceOwner: "SELF", resourceArn: service.arn, principals: [otherAccount], maxResults },
    GetResourcePolicies: { resourceArns: [service.arn], principal: otherAccount, maxResults },
    ListPermissions: { resourceType: "vpc-lattice:Service", permissionType: "ALL", maxResults },
    GetPermission: { permissionArn: permission, permissionVersion: 1 },
    TagResource: { resourceShareArn, tags: [{ key: "a", value: "b" }] },
    UntagResource: { resourceShareArn, tagKeys: ["a"] },
  };
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
  await plane.store.close();
});

const pathOf = (name: string): string => operations.find((one) => one.name === name)?.path ?? "";

/** Values that the protocol has to refuse where this one is right. */
function wrongFor(value: unknown): fc.Arbitrary<unknown> {
  if (typeof value === "string")
    return fc.oneof(fc.integer(), fc.boolean(), fc.constant([]), fc.constant({}), fc.constant("x".repeat(5000)));
  if (typeof value === "number")
    return fc.oneof(
      fc.string(),
      fc.boolean(),
      fc.constant([]),
      fc.integer({ max: 0 }),
      fc.constant(1.5),
      fc.constant(1e9),
    );
  if (typeof value === "boolean") return fc.oneof(fc.string(), fc.integer(), fc.constant([]), fc.constant({}));
  if (!Array.isArray(value)) return fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant([]));
  const [item] = value as readonly unknown[];
  const many = fc.constant(Array.from({ length: 300 }, () => item));
  return fc.oneof(
    fc.string(),
    fc.integer(),
    fc.constant({}),
    many,
    wrongFor(item).map((one) => [one]),
  );
}

describe("a valid request of RAM with something wrong in it", () => {
  it("is answered 400 and writes nothing", { timeout: 60_000 }, async () => {
    const cases = Object.entries(valid).flatMap(([name, input]) =>
      Object.keys(input).map((member) => ({ name, member })),
    );
    const mutation = fc
      .constantFrom(...cases)
      .chain(({ name, member }) =>
        wrongFor(valid[name]?.[member]).map((value) => ({ name, body: { ...valid[name], [member]: value } })),
      );
    const before = transactions;

    await fc.assert(
      fc.asyncProperty(mutation, async ({ name, body }) => {
        const answer = await plane.send("POST", pathOf(name), JSON.stringify(body));
        expect(answer.status, answer.body).toBe(400);
        expect(answer.headers["x-amzn-errortype"]).toMatch(/Exception$/);
      }),
      { numRuns: 800 },
    );

    expect(transactions).toBe(before);
    expect(plane.faults).toEqual([]);
  });

  it("is good without that", async () => {
    const outcomes: Record<string, number> = {};
    for (const [name, body] of Object.entries(valid)) {
      outcomes[name] = (await plane.send("POST", pathOf(name), JSON.stringify(body))).status;
    }

    expect(outcomes).toEqual(Object.fromEntries(Object.keys(valid).map((name) => [name, 200])));
  });
});

describe("any request of RAM at all", () => {
  it("is never Pergola's fault", { timeout: 60_000 }, async () => {
    const word = fc.oneof(
      { weight: 3, arbitrary: fc.nat().map((index) => known[index % known.length]) },
      fc.string({ unit: "binary" }),
    );
    const anything = fc.oneof(word, fc.array(word, { maxLength: 3 }), fc.jsonValue());
    const request = fc.constantFrom(...operations).chain(({ method, path, members }) => {
      const body = fc.dictionary(fc.constantFrom("x", ...members), anything);
      const query = fc.dictionary(fc.constantFrom("x", ...members), word);
      return fc.record({
        method: fc.constant(method),
        target: query.map((search) => {
          const pairs = Object.entries(search).map(
            ([key, value = ""]) => `${key}=${encodeURIComponent(value.toWellFormed())}`,
          );
          return `${path}?${pairs.join("&")}`;
        }),
        body:
          method === "DELETE"
            ? fc.constant(undefined)
            : fc.oneof(
                body.map((value) => JSON.stringify(value)),
                fc.json(),
              ),
      });
    });

    await fc.assert(
      fc.asyncProperty(request, async ({ method, target, body }) => {
        const { status } = await plane.send(method, target, body);
        expect(status === 501 || status < 500).toBe(true);
      }),
      { numRuns: 1500 },
    );

    expect(plane.faults).toEqual([]);
  });
});
