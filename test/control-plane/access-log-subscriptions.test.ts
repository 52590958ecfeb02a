import { type NetworkSnapshot, owners } from "@pergola/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  account,
  type ControlPlaneHarness,
  otherAccount,
  region,
  startControlPlane,
} from "../harness/control-plane.ts";
import { failureOf, freshName, newService, snapshotOf } from "../harness/lattice-resources.ts";

let plane: ControlPlaneHarness;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

const bucket = "arn:aws:s3:::access-logs";
const logGroup = `arn:aws:logs:${region}:${account}:log-group:/lattice/shop:*`;
const stream = `arn:aws:firehose:${region}:${account}:deliverystream/logs`;

async function newNetwork(): Promise<string> {
  return (await plane.client.createServiceNetwork({ name: freshName("network") })).id ?? "";
}

async function subscribe(resourceIdentifier: string, destinationArn: string, input: object = {}): Promise<string> {
  const answer = await plane.client.createAccessLogSubscription({ resourceIdentifier, destinationArn, ...input });
  return answer.id ?? "";
}

async function networkDestinations(id: string): Promise<unknown[] | undefined> {
  const snapshot = await plane.store.get<NetworkSnapshot>({ owner: owners.networkSnapshots, id });
  return snapshot?.value.logSubscriptions.map(({ destinationKind }) => destinationKind).sort();
}

describe("CreateAccessLogSubscription", () => {
  it.each([bucket, `${bucket}/shop/eu`, logGroup, logGroup.slice(0, -2), stream])(
    "of a service takes %s",
    async (arn) => {
      const service = await newService(plane.client);

      const { $metadata, ...answer } = await plane.client.createAccessLogSubscription({
        resourceIdentifier: service.arn,
        destinationArn: arn,
      });
      const { $metadata: _, ...read } = await plane.client.getAccessLogSubscription({
        accessLogSubscriptionIdentifier: answer.arn,
      });

      expect($metadata.httpStatusCode).toBe(201);
      expect(answer).toEqual({
        id: expect.stringMatching(/^als-0[0-9a-f]{16}$/),
        arn: `arn:aws:vpc-lattice:${region}:${account}:accesslogsubscription/${answer.id}`,
        resourceId: service.id,
        resourceArn: service.arn,
        destinationArn: arn,
      });
      expect(read).toEqual({ ...answer, createdAt: expect.any(Date), lastUpdatedAt: read.createdAt });
      expect((await snapshotOf(plane.store, service.id))?.logSubscriptions).toEqual([
        {
          id: answer.id,
          destinationKind: arn.split(":")[2]?.replace("logs", "cloudwatch"),
          destinationArn: arn,
          resourceId: service.id,
          account,
          region,
        },
      ]);
    },
  );

  it("of a network has the log type SERVICE unless told otherwise; resource logs are not the data plane's", async () => {
    const network = await newNetwork();

    const services = await plane.client.createAccessLogSubscription({
      resourceIdentifier: network,
      destinationArn: bucket,
    });
    const resources = await plane.client.createAccessLogSubscription({
      resourceIdentifier: network,
      destinationArn: bucket,
      serviceNetworkLogType: "RESOURCE",
    });

    expect([services.serviceNetworkLogType, resources.serviceNetworkLogType]).toEqual(["SERVICE", "RESOURCE"]);
    expect(await networkDestinations(network)).toEqual(["s3"]);
  });

  it("is possible once for each kind of destination", async () => {
    const network = await newNetwork();
    const first = await subscribe(network, bucket);
    await subscribe(network, logGroup);
    await subscribe(network, stream);

    const failure = await failureOf(subscribe(network, "arn:aws:s3:::another-bucket"));
    const before = await networkDestinations(network);
    await plane.client.deleteAccessLogSubscription({ accessLogSubscriptionIdentifier: first });
    const after = await networkDestinations(network);
    await subscribe(network, "arn:aws:s3:::another-bucket");

    expect(failure).toMatchObject({
      name: "ConflictException",
      resourceType: "ACCESS_LOG_SUBSCRIPTION",
      resourceId: first,
    });
    expect(before).toEqual(["cloudwatch", "firehose", "s3"]);
    expect(after).toEqual(["cloudwatch", "firehose"]);
  });

  it.each([
    ["arn:aws:s3:::x", "destinationArn"],
    ["arn:aws:sqs:us-west-2:123456789012:queue", "destinationArn"],
    ["https://access-logs.s3.amazonaws.com", "destinationArn"],
    [`${bucket}/${"a".repeat(2048)}`, "destinationArn"],
    [`arn:aws:logs:${region}:${account}:log-group:a/../../b c`, "destinationArn"],
    [`arn:aws:firehose:${region}:${account}:deliverystream/../x`, "destinationArn"],
  ])("refuses the destination %s and names the forms there are", async (destinationArn, field) => {
    const { id } = await newService(plane.client);

    const failure = await failureOf(subscribe(id, destinationArn));

    expect(failure).toMatchObject({ name: "ValidationException", fieldList: [{ name: field }] });
  });

  it("refuses a log type for a service, and resources that are none or are not there", async () => {
    const { id } = await newService(plane.client);

    const failures = await Promise.all([
      failureOf(subscribe(id, bucket, { serviceNetworkLogType: "SERVICE" })),
      failureOf(subscribe("rcfg-00000000000000000", bucket)),
      failureOf(subscribe("tg-00000000000000000", bucket)),
      failureOf(subscribe("svc-00000000000000000", bucket)),
      failureOf(subscribe("sn-00000000000000000", bucket)),
      failureOf(subscribe(`arn:aws:vpc-lattice:${region}:${otherAccount}:service/${id}`, bucket)),
    ]);

    expect(failures).toMatchObject([
      { name: "ValidationException", fieldList: [{ name: "serviceNetworkLogType" }] },
      { name: "ResourceNotFoundException", resourceType: "RESOURCE_CONFIGURATION" },
      { name: "ValidationException", fieldList: [{ name: "resourceIdentifier" }] },
      { name: "ResourceNotFoundException", resourceType: "SERVICE" },
      { name: "ResourceNotFoundException", resourceType: "SERVICE_NETWORK" },
      { name: "AccessDeniedException" },
    ]);
  });
});

describe("UpdateAccessLogSubscription", () => {
  it("changes the destination in its answer, in Get and in the snapshot, and says nothing of the log type", async () => {
    const network = await newNetwork();
    const id = await subscribe(network, bucket);

    const { $metadata: _, ...answer } = await plane.client.updateAccessLogSubscription({
      accessLogSubscriptionIdentifier: id,
      destinationArn: `${bucket}/shop`,
    });

    expect(answer).toMatchObject({ id, resourceId: network, destinationArn: `${bucket}/shop` });
    expect(answer).not.toHaveProperty("serviceNetworkLogType");
    const read = await plane.client.getAccessLogSubscription({ accessLogSubscriptionIdentifier: id });
    expect(read).toMatchObject({ destinationArn: `${bucket}/shop`, serviceNetworkLogType: "SERVICE" });
    const snapshot = await plane.store.get<NetworkSnapshot>({ owner: owners.networkSnapshots, id: network });
    expect(snapshot?.value.logSubscriptions).toMatchObject([{ id, destinationArn: `${bucket}/shop` }]);
  });

  it("to another kind of destination is refused and changes nothing", async () => {
    const network = await newNetwork();
    const id = await subscribe(network, bucket);

    const failure = await failureOf(
      plane.client.updateAccessLogSubscription({ accessLogSubscriptionIdentifier: id, destinationArn: stream }),
    );

    expect(failure).toMatchObject({ name: "ConflictException", resourceId: id });
    expect(await networkDestinations(network)).toEqual(["s3"]);
    await subscribe(network, stream);
  });
});

describe("ListAccessLogSubscriptions", () => {
  it("lists those of one resource, page by page", async () => {
    const [network, service] = [await newNetwork(), await newService(plane.client)];
    const expected = [
      await subscribe(network, bucket),
      await subscribe(network, logGroup),
      await subscribe(network, stream),
    ];
    await subscribe(service.id, bucket);
    const seen: unknown[] = [];
    let nextToken: string | undefined;

    do {
      const page = await plane.client.listAccessLogSubscriptions({
        resourceIdentifier: network,
        maxResults: 2,
        nextToken,
      });
      seen.push(...(page.items ?? []).map(({ id }) => id));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);

    expect(seen).toEqual(expected.sort());
    const ofNone = await plane.client.listAccessLogSubscriptions({ resourceIdentifier: "svc-00000000000000000" });
    expect(ofNone.items).toEqual([]);
  });

  it("needs a resource", async () => {
    const answer = await plane.send("GET", "/accesslogsubscriptions");

    expect(answer).toMatchObject({ status: 400, json: { fieldList: [{ name: "resourceIdentifier" }] } });
  });
});

describe("DeleteAccessLogSubscription", () => {
  it("answers 204, and then it is not there", async () => {
    const id = await subscribe(await newNetwork(), bucket);

    const { $metadata } = await plane.client.deleteAccessLogSubscription({ accessLogSubscriptionIdentifier: id });
    const failure = await failureOf(plane.client.deleteAccessLogSubscription({ accessLogSubscriptionIdentifier: id }));

    expect($metadata.httpStatusCode).toBe(204);
    expect(failure).toMatchObject({ name: "ResourceNotFoundException", resourceType: "ACCESS_LOG_SUBSCRIPTION" });
  });

  it("happens when the service is deleted", async () => {
    const service = await newService(plane.client);
    const id = await subscribe(service.id, bucket);

    await plane.client.deleteService({ serviceIdentifier: service.id });

    const failure = await failureOf(plane.client.getAccessLogSubscription({ accessLogSubscriptionIdentifier: id }));
    expect(failure.name).toBe("ResourceNotFoundException");
    expect((await plane.store.list(owners.logSubscriptionsOf(service.id))).items).toEqual([]);
  });
});
