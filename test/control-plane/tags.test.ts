import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ControlPlaneHarness, otherAccount, startControlPlane } from "../harness/control-plane.ts";
import { newConfiguration, newGateway } from "../harness/lattice-networked-resources.ts";
import {
  failureOf,
  freshName,
  newListener,
  newRule,
  newService,
  newTargetGroup,
  snapshotOf,
} from "../harness/lattice-resources.ts";

let plane: ControlPlaneHarness;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

const tags = { team: "shop", "cost center": "a/b:c=d+e-f@g_h.i" };

/** One resource of every kind, tagged at its creation. */
async function everyKind(): Promise<Record<string, string>> {
  const { client } = plane;
  const service = await newService(client, { tags });
  const network = await client.createServiceNetwork({ name: freshName("network"), tags });
  const listener = await newListener(client, service.id, { tags });
  const pair = { serviceNetworkIdentifier: network.id, tags };
  const arns = {
    service: service.arn,
    "service network": network.arn,
    listener: listener.arn,
    rule: (await newRule(client, service.id, listener.id, { tags })).arn,
    "target group": (await newTargetGroup(client, { tags })).arn,
    "service association": (
      await client.createServiceNetworkServiceAssociation({ ...pair, serviceIdentifier: service.id })
    ).arn,
    "VPC association": (
      await client.createServiceNetworkVpcAssociation({ ...pair, vpcIdentifier: "vpc-0123456789abcdef0" })
    ).arn,
    "log subscription": (
      await client.createAccessLogSubscription({
        resourceIdentifier: network.id,
        destinationArn: "arn:aws:s3:::access-logs",
        tags,
      })
    ).arn,
  };
  return { ...arns, ...(await resourceKinds(network.id)) } as Record<string, string>;
}

async function resourceKinds(
  serviceNetworkIdentifier: string | undefined,
): Promise<Record<string, string | undefined>> {
  const { client } = plane;
  const gateway = await newGateway(client, { tags });
  const configuration = await newConfiguration(client, { resourceGatewayIdentifier: gateway.id, tags });
  const association = await client.createServiceNetworkResourceAssociation({
    serviceNetworkIdentifier,
    resourceConfigurationIdentifier: configuration.id,
    tags,
  });
  return {
    "resource gateway": gateway.arn,
    "resource configuration": configuration.arn,
    "resource association": association.arn,
    "domain verification": (await client.startDomainVerification({ domainName: "example.com", tags })).arn,
  };
}

async function tagsOf(resourceArn: string): Promise<Record<string, string> | undefined> {
  return (await plane.client.listTagsForResource({ resourceArn })).tags;
}

describe("tags", () => {
  it("of every kind of resource are read, merged, overwritten and removed", async () => {
    const arns = await everyKind();

    for (const [kind, resourceArn] of Object.entries(arns)) {
      const created = await tagsOf(resourceArn);
      const tagged = await plane.client.tagResource({ resourceArn, tags: { team: "pay", stage: "" } });
      const merged = await tagsOf(resourceArn);
      const untagged = await plane.client.untagResource({ resourceArn, tagKeys: ["cost center", "team", "none"] });

      expect(created, kind).toEqual(tags);
      expect(merged, kind).toEqual({ ...tags, team: "pay", stage: "" });
      expect(await tagsOf(resourceArn), kind).toEqual({ stage: "" });
      expect([tagged.$metadata.httpStatusCode, untagged.$metadata.httpStatusCode], kind).toEqual([200, 200]);
    }
  });

  it("of a service are in its snapshot, where policies ask for them", async () => {
    const { id, arn } = await newService(plane.client);

    await plane.client.tagResource({ resourceArn: arn, tags });
    const tagged = await snapshotOf(plane.store, id);
    await plane.client.untagResource({ resourceArn: arn, tagKeys: ["team", "cost center"] });

    expect(tagged?.tags).toEqual(tags);
    expect((await snapshotOf(plane.store, id))?.tags).toEqual({});
  });

  it("of a log subscription survive a change of its destination, and the other way round", async () => {
    const service = await newService(plane.client);
    const { id, arn: resourceArn = "" } = await plane.client.createAccessLogSubscription({
      resourceIdentifier: service.id,
      destinationArn: "arn:aws:s3:::access-logs",
    });

    await plane.client.tagResource({ resourceArn, tags });
    await plane.client.updateAccessLogSubscription({
      accessLogSubscriptionIdentifier: id,
      destinationArn: "arn:aws:s3:::other-logs",
    });
    await plane.client.tagResource({ resourceArn, tags: { more: "yes" } });

    expect(await tagsOf(resourceArn)).toEqual({ ...tags, more: "yes" });
    const { items } = await plane.client.listAccessLogSubscriptions({ resourceIdentifier: service.id });
    expect(items).toMatchObject([{ id, destinationArn: "arn:aws:s3:::other-logs" }]);
    expect((await snapshotOf(plane.store, service.id))?.logSubscriptions).toMatchObject([
      { destinationArn: "arn:aws:s3:::other-logs" },
    ]);
  });

  it("may be 50 and not 51, overwritten ones counted once", async () => {
    const fifty = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, "v"]));
    const { arn: resourceArn } = await newService(plane.client, { tags: fifty });

    await plane.client.tagResource({ resourceArn, tags: { k0: "w", k49: "w" } });
    const failure = await failureOf(plane.client.tagResource({ resourceArn, tags: { k50: "v" } }));

    expect(failure).toMatchObject({ name: "ValidationException", fieldList: [{ name: "tags" }] });
    expect(Object.keys((await tagsOf(resourceArn)) ?? {})).toHaveLength(50);
  });

  it.each([
    [{ "aws:team": "shop" }, "tags"],
    [{ "": "shop" }, "tags"],
    [{ ["k".repeat(129)]: "" }, "tags"],
    [{ "a?b": "" }, "tags"],
    [{ team: "v".repeat(257) }, "tags.team"],
    [{ team: "a\nb" }, "tags.team"],
  ])("%j are refused, naming %s", async (bad, field) => {
    const { arn } = await newService(plane.client);

    const answer = await plane.send("POST", `/tags/${encodeURIComponent(arn)}`, JSON.stringify({ tags: bad }));

    expect(answer).toMatchObject({ status: 400, json: { fieldList: [{ name: field }] } });
    expect(await tagsOf(arn)).toEqual({});
  });

  it("may have names that JavaScript objects know", async () => {
    const { arn } = await newService(plane.client);
    const odd = '{"tags":{"__proto__":"a","constructor":"b","toString":"c"}}';

    const answer = await plane.send("POST", `/tags/${encodeURIComponent(arn)}`, odd);
    const { body } = await plane.send("GET", `/tags/${encodeURIComponent(arn)}`);

    expect(answer.status).toBe(200);
    expect(body).toBe(odd);
  });

  it("of resources that are not there, another account's or of no kind cannot be touched", async () => {
    const { id, arn } = await newService(plane.client);
    const listener = await newListener(plane.client, id);
    const other = await newService(plane.client);
    const read = (resourceArn: string, client = plane.client) => failureOf(client.listTagsForResource({ resourceArn }));

    const failures = await Promise.all([
      read(arn.replace(id, "svc-00000000000000000")),
      read(listener.arn.replace(id, other.id)),
      read(arn.replace(`service/${id}`, "resourceconfiguration/rcfg-0123456789abcdef0")),
      read(arn.replace(`service/${id}`, "resourceendpointassociation/rea-0123456789abcdef0")),
      read(arn, plane.clientOf({ region: "eu-west-1" })),
      read(arn, plane.clientOf({ account: otherAccount })),
      read(id),
      read("arn:aws:s3:::access-logs"),
    ]);

    expect(failures).toMatchObject([
      { name: "ResourceNotFoundException", resourceType: "SERVICE" },
      { name: "ResourceNotFoundException", resourceType: "LISTENER" },
      { name: "ResourceNotFoundException", resourceType: "RESOURCE_CONFIGURATION" },
      { name: "ResourceNotFoundException", resourceType: "RESOURCE_ENDPOINT_ASSOCIATION" },
      { name: "ResourceNotFoundException" },
      { name: "AccessDeniedException" },
      { name: "ValidationException", fieldList: [{ name: "resourceArn" }] },
      { name: "ValidationException", fieldList: [{ name: "resourceArn" }] },
    ]);
  });
});
