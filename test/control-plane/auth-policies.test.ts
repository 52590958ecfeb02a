import { type NetworkSnapshot, owners } from "@pergola/core";
import { readAuthPolicy } from "@pergola/iam";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ControlPlaneHarness, otherAccount, startControlPlane } from "../harness/control-plane.ts";
import { failureOf, freshName, newService, snapshotOf } from "../harness/lattice-resources.ts";

let plane: ControlPlaneHarness;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

const statement = { Effect: "Allow", Principal: "*", Action: "vpc-lattice-svcs:Invoke", Resource: "*" };
const policy = JSON.stringify({ Statement: statement }, null, 2);
const normal = JSON.stringify({ Version: "2008-10-17", Statement: [statement] });

async function newNetwork(): Promise<{ id: string; arn: string }> {
  const { id = "", arn = "" } = await plane.client.createServiceNetwork({ name: freshName("network") });
  return { id, arn };
}

describe("PutAuthPolicy", () => {
  it("answers with the policy in its normal form and puts it into the snapshot of a service", async () => {
    const { id, arn } = await newService(plane.client);

    const { $metadata, ...answer } = await plane.client.putAuthPolicy({ resourceIdentifier: arn, policy });
    const { $metadata: _, ...read } = await plane.client.getAuthPolicy({ resourceIdentifier: id });

    expect($metadata.httpStatusCode).toBe(200);
    expect(answer).toEqual({ policy: normal, state: "Inactive" });
    expect(read).toEqual({ ...answer, createdAt: expect.any(Date), lastUpdatedAt: read.createdAt });
    expect((await snapshotOf(plane.store, id))?.authPolicy).toBe(normal);
  });

  it("is in the snapshot of a service as routers compile it, while the service asks for authorisation", async () => {
    const { id } = await newService(plane.client);
    await plane.client.putAuthPolicy({ resourceIdentifier: id, policy });
    const without = await snapshotOf(plane.store, id);
    await plane.client.updateService({ serviceIdentifier: id, authType: "AWS_IAM" });
    const withPolicy = await snapshotOf(plane.store, id);
    await plane.client.deleteAuthPolicy({ resourceIdentifier: id });

    expect(without).not.toHaveProperty("authStatements");
    expect(withPolicy).toMatchObject({ authPolicy: normal, authStatements: readAuthPolicy(normal) });
    expect(withPolicy?.authStatements?.statements).toHaveLength(1);
    expect(await snapshotOf(plane.store, id)).not.toHaveProperty("authStatements");
  });

  it("replaces the policy of a network; createdAt stays", async () => {
    let now = Date.parse("2026-11-23T10:00:00Z");
    await using timed = await startControlPlane({ clock: { now: () => new Date(now) } });
    const { id = "" } = await timed.client.createServiceNetwork({ name: "shop" });
    await timed.client.putAuthPolicy({ resourceIdentifier: id, policy });
    now += 1000;
    const denied = JSON.stringify({ Version: "2012-10-17", Statement: [{ ...statement, Effect: "Deny" }] });

    await timed.client.putAuthPolicy({ resourceIdentifier: id, policy: denied });

    expect(await timed.client.getAuthPolicy({ resourceIdentifier: id })).toMatchObject({
      policy: denied,
      createdAt: new Date(now - 1000),
      lastUpdatedAt: new Date(now),
    });
    const snapshot = await timed.store.get<NetworkSnapshot>({ owner: owners.networkSnapshots, id });
    expect(snapshot?.value.authPolicy).toBe(denied);
  });

  it("is Active exactly while the auth type is AWS_IAM", async () => {
    const [service, network] = [await newService(plane.client, { authType: "AWS_IAM" }), await newNetwork()];

    const active = await plane.client.putAuthPolicy({ resourceIdentifier: service.id, policy });
    await plane.client.updateService({ serviceIdentifier: service.id, authType: "NONE" });
    const inactive = await plane.client.getAuthPolicy({ resourceIdentifier: service.id });
    await plane.client.putAuthPolicy({ resourceIdentifier: network.id, policy });
    await plane.client.updateServiceNetwork({ serviceNetworkIdentifier: network.id, authType: "AWS_IAM" });
    const activated = await plane.client.getAuthPolicy({ resourceIdentifier: network.arn });

    expect([active.state, inactive.state, activated.state]).toEqual(["Active", "Inactive", "Active"]);
  });

  it.each([
    ["", "policy"],
    ["{", "policy"],
    ["[]", "policy"],
    [JSON.stringify({}), "policy"],
    [JSON.stringify({ Statement: { ...statement, Principal: undefined } }), "policy.Statement"],
    [JSON.stringify({ Statement: { ...statement, Action: "s3:GetObject" } }), "policy.Statement.Action"],
    [JSON.stringify({ Statement: [{ ...statement, Effect: "Maybe" }] }), "policy.Statement[0].Effect"],
    [
      JSON.stringify({ Statement: [{ ...statement, Condition: { StringLik: { "aws:PrincipalArn": "a" } } }] }),
      "policy.Statement[0].Condition.StringLik",
    ],
    [JSON.stringify({ Statement: statement, Id: "x".repeat(10_240) }), "policy"],
    ["x".repeat(36_865), "policy"],
  ])("refuses a bad policy (case %#), naming %s", async (bad, field) => {
    const { id } = await newService(plane.client);

    const answer = await plane.send("PUT", `/authpolicy/${id}`, JSON.stringify({ policy: bad }));

    expect(answer).toMatchObject({ status: 400, json: { reason: "fieldValidationFailed" } });
    const { fieldList } = answer.json as { fieldList: { name: string }[] };
    expect(fieldList[0]?.name.startsWith(field), `${fieldList[0]?.name}`).toBe(true);
    expect((await snapshotOf(plane.store, id))?.authPolicy).toBeUndefined();
  });

  it("keeps its answer short, however much is wrong", async () => {
    const { id } = await newService(plane.client);
    const bad = JSON.stringify({ Statement: Array.from({ length: 400 }, () => ({ Effect: 1 })) });

    const answer = await plane.send("PUT", `/authpolicy/${id}`, JSON.stringify({ policy: bad }));

    expect((answer.json as { fieldList: unknown[] }).fieldList).toHaveLength(20);
  });

  it("and GetAuthPolicy and DeleteAuthPolicy need a service or network of the caller's that is there", async () => {
    const { arn } = await newService(plane.client);
    const stranger = plane.clientOf({ account: otherAccount });
    const all = (client: typeof plane.client, resourceIdentifier: string) =>
      Promise.all([
        failureOf(client.putAuthPolicy({ resourceIdentifier, policy })),
        failureOf(client.getAuthPolicy({ resourceIdentifier })),
        failureOf(client.deleteAuthPolicy({ resourceIdentifier })),
      ]);

    const missing = await all(plane.client, "sn-00000000000000000");
    const foreign = await all(stranger, arn);
    const configuration = await all(plane.client, "rcfg-00000000000000000");

    expect(missing.map(({ name }) => name)).toEqual(Array(3).fill("ResourceNotFoundException"));
    expect(foreign.map(({ name }) => name)).toEqual(Array(3).fill("AccessDeniedException"));
    expect(configuration.map(({ name }) => name)).toEqual(Array(3).fill("ValidationException"));
  });
});

describe("GetAuthPolicy", () => {
  it("without a policy is 200 and empty", async () => {
    const { id } = await newService(plane.client);

    const answer = await plane.send("GET", `/authpolicy/${id}`);

    expect(answer).toMatchObject({ status: 200, json: {} });
    expect(answer.json).toEqual({});
  });
});

describe("DeleteAuthPolicy", () => {
  it("goes through under AWS_IAM, and then there is nothing that allows anyone", async () => {
    const { id } = await newService(plane.client, { authType: "AWS_IAM" });
    await plane.client.putAuthPolicy({ resourceIdentifier: id, policy });

    const { $metadata } = await plane.client.deleteAuthPolicy({ resourceIdentifier: id });
    const again = await plane.client.deleteAuthPolicy({ resourceIdentifier: id });

    expect([$metadata.httpStatusCode, again.$metadata.httpStatusCode]).toEqual([204, 204]);
    expect((await plane.send("GET", `/authpolicy/${id}`)).json).toEqual({});
    expect(await snapshotOf(plane.store, id)).toMatchObject({ authType: "AWS_IAM" });
    expect((await snapshotOf(plane.store, id))?.authPolicy).toBeUndefined();
  });
});
