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

async function newNetwork(): Promise<string> {
  return (await plane.client.createServiceNetwork({ name: freshName("network") })).id ?? "";
}

async function associate(serviceNetworkIdentifier: string, serviceIdentifier: string): Promise<string> {
  const input = { serviceNetworkIdentifier, serviceIdentifier };
  return (await plane.client.createServiceNetworkServiceAssociation(input)).id ?? "";
}

let vpcs = 0;
function freshVpc(): string {
  vpcs += 1;
  return `vpc-${String(vpcs).padStart(17, "0")}`;
}

async function associateVpc(serviceNetworkIdentifier: string, vpcIdentifier = freshVpc()): Promise<string> {
  const input = { serviceNetworkIdentifier, vpcIdentifier };
  return (await plane.client.createServiceNetworkVpcAssociation(input)).id ?? "";
}

async function networkSnapshot(id: string): Promise<NetworkSnapshot | undefined> {
  return (await plane.store.get<NetworkSnapshot>({ owner: owners.networkSnapshots, id }))?.value;
}

describe("CreateServiceNetworkServiceAssociation", () => {
  it("answers 200, and Get shows both sides", async () => {
    const network = await plane.client.createServiceNetwork({ name: freshName("network") });
    const service = await plane.client.createService({
      name: freshName("service"),
      customDomainName: "shop.example.com",
    });

    const { $metadata, ...association } = await plane.client.createServiceNetworkServiceAssociation({
      serviceNetworkIdentifier: network.arn,
      serviceIdentifier: service.arn,
    });
    const { $metadata: _, ...read } = await plane.client.getServiceNetworkServiceAssociation({
      serviceNetworkServiceAssociationIdentifier: association.id,
    });

    expect($metadata.httpStatusCode).toBe(200);
    expect(association).toEqual({
      id: expect.stringMatching(/^snsa-0[0-9a-f]{16}$/),
      arn: `arn:aws:vpc-lattice:${region}:${account}:servicenetworkserviceassociation/${association.id}`,
      status: "CREATE_IN_PROGRESS",
      createdBy: account,
      dnsEntry: service.dnsEntry,
      customDomainName: "shop.example.com",
    });
    expect(read).toEqual({
      ...association,
      status: "ACTIVE",
      createdAt: expect.any(Date),
      serviceId: service.id,
      serviceName: service.name,
      serviceArn: service.arn,
      serviceNetworkId: network.id,
      serviceNetworkName: network.name,
      serviceNetworkArn: network.arn,
    });
  });

  it("counts on the network and is in the service's snapshot until it is deleted", async () => {
    const service = await newService(plane.client);
    const networks = [await newNetwork(), await newNetwork(), await newNetwork()];
    const ids: string[] = [];
    for (const network of networks) ids.push(await associate(network, service.id));
    const before = await snapshotOf(plane.store, service.id);
    const [first = "", second = "", third = ""] = networks;

    await plane.client.deleteServiceNetworkServiceAssociation({
      serviceNetworkServiceAssociationIdentifier: ids[1],
    });
    const counts = await Promise.all(
      networks.map((id) => plane.client.getServiceNetwork({ serviceNetworkIdentifier: id })),
    );

    expect([...(before?.networkIds ?? [])].sort()).toEqual([first, second, third].sort());
    expect((await snapshotOf(plane.store, service.id))?.networkIds).toHaveLength(2);
    expect((await snapshotOf(plane.store, service.id))?.networkIds).not.toContain(second);
    expect(counts.map((network) => network.numberOfAssociatedServices)).toEqual([1, 0, 1]);
  });

  it("keeps the order of association in the snapshot when times differ", async () => {
    let now = Date.parse("2026-11-23T10:00:00Z");
    await using timed = await startControlPlane({ clock: { now: () => new Date(now) } });
    const service = await newService(timed.client);
    const expected: (string | undefined)[] = [];
    for (let i = 0; i < 5; i += 1) {
      const { id } = await timed.client.createServiceNetwork({ name: freshName("network") });
      now += 1;
      await timed.client.createServiceNetworkServiceAssociation({
        serviceNetworkIdentifier: id,
        serviceIdentifier: service.id,
      });
      expected.push(id);
    }

    expect((await snapshotOf(timed.store, service.id))?.networkIds).toEqual(expected);
  });

  it("refuses the same pair a second time, until the first is gone", async () => {
    const [network, service] = [await newNetwork(), await newService(plane.client)];
    const id = await associate(network, service.id);

    const failure = await failureOf(associate(network, service.id));
    await plane.client.deleteServiceNetworkServiceAssociation({ serviceNetworkServiceAssociationIdentifier: id });

    expect(failure).toMatchObject({
      name: "ConflictException",
      resourceType: "SERVICE_NETWORK_SERVICE_ASSOCIATION",
      resourceId: id,
    });
    expect(await associate(network, service.id)).not.toBe(id);
  });

  it("of many at once for one pair makes exactly one", async () => {
    const [network, service] = [await newNetwork(), await newService(plane.client)];

    const results = await Promise.allSettled(Array.from({ length: 8 }, () => associate(network, service.id)));

    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const { numberOfAssociatedServices } = await plane.client.getServiceNetwork({ serviceNetworkIdentifier: network });
    expect(numberOfAssociatedServices).toBe(1);
  });

  it("refuses a custom domain name that the network has, in another network it is free", async () => {
    const [network, other] = [await newNetwork(), await newNetwork()];
    const input = { customDomainName: "pay.example.com" };
    const [one, two] = [await newService(plane.client, input), await newService(plane.client, input)];
    const id = await associate(network, one.id);

    const failure = await failureOf(associate(network, two.id));
    await associate(other, two.id);
    await plane.client.deleteServiceNetworkServiceAssociation({ serviceNetworkServiceAssociationIdentifier: id });
    await associate(network, two.id);

    expect(failure).toMatchObject({ name: "ConflictException", resourceType: "SERVICE_NETWORK" });
    expect(failure.message).toContain("pay.example.com");
  });

  it("needs a service and a network that are there", async () => {
    const [network, service] = [await newNetwork(), await newService(plane.client)];

    const failures = await Promise.all([
      failureOf(associate(network, "svc-00000000000000000")),
      failureOf(associate("sn-00000000000000000", service.id)),
      failureOf(associate(`arn:aws:vpc-lattice:${region}:${otherAccount}:servicenetwork/${network}`, service.id)),
    ]);

    expect(failures).toMatchObject([
      { name: "ResourceNotFoundException", resourceType: "SERVICE" },
      { name: "ResourceNotFoundException", resourceType: "SERVICE_NETWORK" },
      { name: "AccessDeniedException" },
    ]);
  });

  it("and its deletion wait for what is in progress", async () => {
    let now = Date.parse("2026-11-23T10:00:00Z");
    await using slow = await startControlPlane({ clock: { now: () => new Date(now) }, settings: { settleMs: 5000 } });
    const { id: serviceNetworkIdentifier } = await slow.client.createServiceNetwork({ name: "shop" });
    const { id: serviceIdentifier } = await newService(slow.client);
    const create = () =>
      slow.client.createServiceNetworkServiceAssociation({ serviceNetworkIdentifier, serviceIdentifier });

    const early = await failureOf(create());
    now += 5000;
    const { id } = await create();
    const remove = () =>
      slow.client.deleteServiceNetworkServiceAssociation({ serviceNetworkServiceAssociationIdentifier: id });
    const tooSoon = await failureOf(remove());
    now += 5000;
    const { status } = await remove();

    for (const failure of [early, tooSoon]) {
      expect(failure.name).toBe("ConflictException");
      expect(failure.message).toContain("CREATE_IN_PROGRESS");
    }
    expect(status).toBe("DELETE_IN_PROGRESS");
  });

  it("holds its service until it is deleted", async () => {
    const [network, service] = [await newNetwork(), await newService(plane.client)];
    const id = await associate(network, service.id);

    const failure = await failureOf(plane.client.deleteService({ serviceIdentifier: service.id }));
    const { $metadata, ...answer } = await plane.client.deleteServiceNetworkServiceAssociation({
      serviceNetworkServiceAssociationIdentifier: id,
    });
    await plane.client.deleteService({ serviceIdentifier: service.id });

    expect(failure).toMatchObject({ name: "ConflictException", resourceType: "SERVICE" });
    expect($metadata.httpStatusCode).toBe(200);
    expect(answer).toEqual({ id, arn: expect.stringContaining(id), status: "DELETE_IN_PROGRESS" });
    const again = plane.client.getServiceNetworkServiceAssociation({ serviceNetworkServiceAssociationIdentifier: id });
    expect(await failureOf(again)).toMatchObject({
      name: "ResourceNotFoundException",
      resourceType: "SERVICE_NETWORK_SERVICE_ASSOCIATION",
    });
  });
});

describe("ListServiceNetworkServiceAssociations", () => {
  it("lists by service, by network and by both, with the names of both sides", async () => {
    const [n1, n2] = [await newNetwork(), await newNetwork()];
    const [s1, s2] = [await newService(plane.client), await newService(plane.client)];
    const a11 = await associate(n1, s1.id);
    const a12 = await associate(n1, s2.id);
    const a21 = await associate(n2, s1.id);
    await associateVpc(n1);
    const idsOf = async (filter: object): Promise<unknown[]> =>
      ((await plane.client.listServiceNetworkServiceAssociations(filter)).items ?? []).map(({ id }) => id);

    const both = await plane.client.listServiceNetworkServiceAssociations({
      serviceNetworkIdentifier: n1,
      serviceIdentifier: s2.arn,
    });

    expect(await idsOf({ serviceNetworkIdentifier: n1 })).toEqual([a11, a12].sort());
    expect(await idsOf({ serviceIdentifier: s1.id })).toEqual([a11, a21].sort());
    expect(await idsOf({ serviceIdentifier: s2.id, serviceNetworkIdentifier: n2 })).toEqual([]);
    expect(await idsOf({ serviceIdentifier: "svc-00000000000000000" })).toEqual([]);
    expect(both.items).toMatchObject([
      { id: a12, status: "ACTIVE", serviceId: s2.id, serviceNetworkId: n1, serviceNetworkName: expect.any(String) },
    ]);
  });

  it("pages through a network that has VPCs too", async () => {
    const network = await newNetwork();
    const expected: string[] = [];
    for (let i = 0; i < 5; i += 1) {
      expected.push(await associate(network, (await newService(plane.client)).id));
      await associateVpc(network);
    }
    const seen: (string | undefined)[] = [];
    let nextToken: string | undefined;

    do {
      const page = await plane.client.listServiceNetworkServiceAssociations({
        serviceNetworkIdentifier: network,
        maxResults: 2,
        nextToken,
      });
      seen.push(...(page.items ?? []).map(({ id }) => id));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);

    expect(seen).toEqual(expected.sort());
  });

  it("and ListServiceNetworkVpcAssociations need a filter", async () => {
    const failures = await Promise.all([
      failureOf(plane.client.listServiceNetworkServiceAssociations({})),
      failureOf(plane.client.listServiceNetworkVpcAssociations({})),
    ]);

    for (const failure of failures) {
      expect(failure).toMatchObject({
        name: "ValidationException",
        fieldList: [{ name: "serviceNetworkIdentifier" }],
      });
    }
  });
});

describe("CreateServiceNetworkVpcAssociation", () => {
  const sg = (n: number): string => `sg-${String(n).padStart(17, "0")}`;

  it("answers 200, counts on the network, and is in its snapshot", async () => {
    const network = await plane.client.createServiceNetwork({ name: freshName("network") });
    const vpcIdentifier = freshVpc();

    const { $metadata, ...association } = await plane.client.createServiceNetworkVpcAssociation({
      serviceNetworkIdentifier: network.id,
      vpcIdentifier,
      securityGroupIds: [sg(1), sg(2)],
    });
    const { $metadata: _, ...read } = await plane.client.getServiceNetworkVpcAssociation({
      serviceNetworkVpcAssociationIdentifier: association.arn,
    });
    const counted = await plane.client.getServiceNetwork({ serviceNetworkIdentifier: network.id });

    expect($metadata.httpStatusCode).toBe(200);
    expect(association).toEqual({
      id: expect.stringMatching(/^snva-0[0-9a-f]{16}$/),
      arn: `arn:aws:vpc-lattice:${region}:${account}:servicenetworkvpcassociation/${association.id}`,
      status: "CREATE_IN_PROGRESS",
      createdBy: account,
      securityGroupIds: [sg(1), sg(2)],
      privateDnsEnabled: false,
    });
    expect(read).toEqual({
      ...association,
      status: "ACTIVE",
      createdAt: expect.any(Date),
      lastUpdatedAt: read.createdAt,
      vpcId: vpcIdentifier,
      serviceNetworkId: network.id,
      serviceNetworkName: network.name,
      serviceNetworkArn: network.arn,
    });
    expect(counted.numberOfAssociatedVPCs).toBe(1);
    expect((await networkSnapshot(network.id ?? ""))?.vpcs).toEqual([
      { vpcId: vpcIdentifier, account, associationId: association.id },
    ]);
  });

  it("refuses a VPC that has one, in whichever network, until that is gone", async () => {
    const [network, other, vpc] = [await newNetwork(), await newNetwork(), freshVpc()];
    const id = await associateVpc(network, vpc);

    const failure = await failureOf(associateVpc(other, vpc));
    await plane.client.deleteServiceNetworkVpcAssociation({ serviceNetworkVpcAssociationIdentifier: id });
    await associateVpc(other, vpc);

    expect(failure).toMatchObject({
      name: "ConflictException",
      message: "VPC has already been associated to a service network.",
    });
    expect((await networkSnapshot(network))?.vpcs).toEqual([]);
    expect((await networkSnapshot(other))?.vpcs).toMatchObject([{ vpcId: vpc }]);
  });

  it("keeps private DNS options as they were sent", async () => {
    const dnsOptions = {
      privateDnsPreference: "SPECIFIED_DOMAINS_ONLY" as const,
      privateDnsSpecifiedDomains: ["*.example.com"],
    };

    const answer = await plane.client.createServiceNetworkVpcAssociation({
      serviceNetworkIdentifier: await newNetwork(),
      vpcIdentifier: freshVpc(),
      privateDnsEnabled: true,
      dnsOptions,
    });

    expect(answer).toMatchObject({ privateDnsEnabled: true, dnsOptions });
  });

  it.each([
    [{ vpcIdentifier: "vpc-1" }, "vpcIdentifier"],
    [{ vpcIdentifier: "arn:aws:ec2:us-west-2:123456789012:vpc/vpc-01234567" }, "vpcIdentifier"],
    [{ vpcIdentifier: undefined }, "vpcIdentifier"],
    [{ serviceNetworkIdentifier: "shop" }, "serviceNetworkIdentifier"],
    [{ securityGroupIds: ["sg-1"] }, "securityGroupIds[0]"],
    [{ securityGroupIds: [1, 2, 3, 4, 5, 6].map(sg) }, "securityGroupIds"],
    [{ dnsOptions: { privateDnsPreference: "NONE" } }, "dnsOptions.privateDnsPreference"],
    [{ dnsOptions: { privateDnsPreference: "SPECIFIED_DOMAINS_ONLY" } }, "dnsOptions.privateDnsSpecifiedDomains"],
    [{ dnsOptions: { privateDnsSpecifiedDomains: ["example.com"] } }, "dnsOptions.privateDnsSpecifiedDomains"],
  ])("refuses %j, naming %s", async (input, field) => {
    const good = { serviceNetworkIdentifier: await newNetwork(), vpcIdentifier: freshVpc() };

    const answer = await plane.send("POST", "/servicenetworkvpcassociations", JSON.stringify({ ...good, ...input }));

    expect(answer).toMatchObject({ status: 400, json: { fieldList: [{ name: field }] } });
  });
});

describe("UpdateServiceNetworkVpcAssociation", () => {
  it("replaces the security groups, which cannot all be taken away", async () => {
    const id = await associateVpc(await newNetwork());
    const update = (securityGroupIds: string[]) =>
      plane.client.updateServiceNetworkVpcAssociation({ serviceNetworkVpcAssociationIdentifier: id, securityGroupIds });

    const { $metadata: _, ...answer } = await update(["sg-01234567"]);
    const failure = await failureOf(update([]));
    const read = await plane.client.getServiceNetworkVpcAssociation({ serviceNetworkVpcAssociationIdentifier: id });

    expect(answer).toMatchObject({
      id,
      arn: expect.stringContaining(id),
      status: "UPDATE_IN_PROGRESS",
      createdBy: account,
      securityGroupIds: ["sg-01234567"],
    });
    expect(failure).toMatchObject({ name: "ValidationException", fieldList: [{ name: "securityGroupIds" }] });
    expect(read).toMatchObject({ status: "ACTIVE", securityGroupIds: ["sg-01234567"] });
  });

  it("settles like a create does", async () => {
    let now = Date.parse("2026-11-23T10:00:00Z");
    await using slow = await startControlPlane({ clock: { now: () => new Date(now) }, settings: { settleMs: 5000 } });
    const { id: serviceNetworkIdentifier } = await slow.client.createServiceNetwork({ name: "shop" });
    const { id: serviceNetworkVpcAssociationIdentifier } = await slow.client.createServiceNetworkVpcAssociation({
      serviceNetworkIdentifier,
      vpcIdentifier: freshVpc(),
    });
    now += 5000;

    await slow.client.updateServiceNetworkVpcAssociation({
      serviceNetworkVpcAssociationIdentifier,
      securityGroupIds: ["sg-01234567"],
    });
    const during = await slow.client.getServiceNetworkVpcAssociation({ serviceNetworkVpcAssociationIdentifier });
    const early = slow.client.deleteServiceNetworkVpcAssociation({ serviceNetworkVpcAssociationIdentifier });
    const failure = await failureOf(early);
    now += 5000;
    const after = await slow.client.getServiceNetworkVpcAssociation({ serviceNetworkVpcAssociationIdentifier });

    expect(during.status).toBe("UPDATE_IN_PROGRESS");
    expect(failure.name).toBe("ConflictException");
    expect(after.status).toBe("ACTIVE");
  });
});

describe("ListServiceNetworkVpcAssociations", () => {
  it("lists by network, by VPC and by both", async () => {
    const [n1, n2, v1, v2] = [await newNetwork(), await newNetwork(), freshVpc(), freshVpc()];
    const [a1, a2, a3] = [await associateVpc(n1, v1), await associateVpc(n1, v2), await associateVpc(n2)];
    await associate(n1, (await newService(plane.client)).id);
    const idsOf = async (filter: object): Promise<unknown[]> =>
      ((await plane.client.listServiceNetworkVpcAssociations(filter)).items ?? []).map(({ id }) => id);

    expect(await idsOf({ serviceNetworkIdentifier: n1 })).toEqual([a1, a2].sort());
    expect(await idsOf({ serviceNetworkIdentifier: n2 })).toEqual([a3]);
    expect(await idsOf({ vpcIdentifier: v2 })).toEqual([a2]);
    expect(await idsOf({ serviceNetworkIdentifier: n1, vpcIdentifier: v1 })).toEqual([a1]);
    expect(await idsOf({ serviceNetworkIdentifier: n2, vpcIdentifier: v1 })).toEqual([]);
  });
});
