import type { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { type NetworkSnapshot, owners } from "@pergola/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  account,
  type ControlPlaneHarness,
  otherAccount,
  region,
  startControlPlane,
} from "../harness/control-plane.ts";
import { newConfiguration, newGateway, newGroup, newNetwork } from "../harness/lattice-networked-resources.ts";
import { type Created, failureOf, newListener, newService, snapshotOf } from "../harness/lattice-resources.ts";

const orgId = "o-a1b2c3d4e5";
const member = "555500001111";
const stranger = "777700001111";

let plane: ControlPlaneHarness;
let owner: VPCLattice;
let consumer: VPCLattice;
beforeAll(async () => {
  const organizationOf = (id: string) =>
    id === member ? { orgId, paths: [`${orgId}/r-ab12/ou-ab12-11111111/`] } : undefined;
  plane = await startControlPlane({ organizations: { organizationOf, hasUnit: () => true } });
  owner = plane.client;
  consumer = plane.clientOf({ account: otherAccount });
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

const createService = "vpc-lattice:CreateServiceNetworkServiceAssociation";
const createVpc = "vpc-lattice:CreateServiceNetworkVpcAssociation";
const createResource = "vpc-lattice:CreateServiceNetworkResourceAssociation";

async function share(
  { arn }: Created,
  actions: readonly string[],
  who: object = { Principal: { AWS: [otherAccount] } },
): Promise<void> {
  const statement = { Effect: "Allow", ...who, Action: actions, Resource: arn };
  await owner.putResourcePolicy({ resourceArn: arn, policy: JSON.stringify({ Statement: [statement] }) });
}

const denied = { name: "AccessDeniedException" };
const networkSnapshot = async (id: string): Promise<NetworkSnapshot | undefined> =>
  (await plane.store.get<NetworkSnapshot>({ owner: owners.networkSnapshots, id }))?.value;
let serial = 0;
const freshVpc = (): string => `vpc-0123456789abc${String(++serial).padStart(4, "0")}`;

describe("a shared resource", () => {
  it("is read by its ARN, as far as its policy goes, and not by its id", async () => {
    const service = await newService(owner);
    const network = await newNetwork(owner);
    const configuration = await newConfiguration(owner, { resourceGatewayIdentifier: (await newGateway(owner)).id });
    const reads = [
      [
        service,
        createService,
        "vpc-lattice:GetService",
        (id: string) => consumer.getService({ serviceIdentifier: id }),
      ],
      [
        network,
        createVpc,
        "vpc-lattice:GetServiceNetwork",
        (id: string) => consumer.getServiceNetwork({ serviceNetworkIdentifier: id }),
      ],
      [
        configuration,
        createResource,
        "vpc-lattice:GetResourceConfiguration",
        (id: string) => consumer.getResourceConfiguration({ resourceConfigurationIdentifier: id }),
      ],
    ] as const;

    for (const [resource, other, action, read] of reads) {
      expect(await failureOf(read(resource.arn)), action).toMatchObject(denied);
      await share(resource, [other]);
      expect(await failureOf(read(resource.arn)), action).toMatchObject(denied);
      await share(resource, [action]);
      expect(await read(resource.arn), action).toMatchObject({ arn: resource.arn, id: resource.id });
      expect((await failureOf(read(resource.id))).name, action).toBe("ResourceNotFoundException");
      await owner.deleteResourcePolicy({ resourceArn: resource.arn });
      expect(await failureOf(read(resource.arn)), action).toMatchObject(denied);
    }
  });

  it("that is not there looks like one that is not shared", async () => {
    const { arn, id } = await newService(owner);
    const messageOf = async (serviceIdentifier: string): Promise<string> =>
      (await failureOf(consumer.getService({ serviceIdentifier }))).message.replace(/svc-\w+/, "svc");

    expect(await messageOf(arn)).toBe(await messageOf(arn.replace(id, "svc-00000000000000000")));
  });

  it("stays its owner's to change", async () => {
    const service = await newService(owner);
    await share(service, ["vpc-lattice:GetService", createService]);
    const serviceIdentifier = service.arn;

    const failures = await Promise.all([
      failureOf(consumer.updateService({ serviceIdentifier, authType: "AWS_IAM" })),
      failureOf(consumer.deleteService({ serviceIdentifier })),
      failureOf(newListener(consumer, serviceIdentifier)),
      failureOf(consumer.listListeners({ serviceIdentifier })),
      failureOf(consumer.putAuthPolicy({ resourceIdentifier: service.arn, policy: "{}" })),
      failureOf(consumer.getResourcePolicy({ resourceArn: service.arn })),
      failureOf(consumer.listTagsForResource({ resourceArn: service.arn })),
      failureOf(consumer.tagResource({ resourceArn: service.arn, tags: { a: "b" } })),
    ]);

    expect(failures).toMatchObject(failures.map(() => denied));
  });

  it.each<[string, object, string, boolean]>([
    ["an account's root", { Principal: { AWS: `arn:aws:iam::${otherAccount}:root` } }, otherAccount, true],
    ["another account", { Principal: { AWS: [stranger] } }, otherAccount, false],
    [
      "a role, for callers who are not verified",
      { Principal: { AWS: `arn:aws:iam::${otherAccount}:role/a` } },
      otherAccount,
      false,
    ],
    [
      "everyone in an organization",
      { Principal: "*", Condition: { StringEquals: { "aws:PrincipalOrgID": orgId } } },
      member,
      true,
    ],
    [
      "everyone in an organization, for one who is in none",
      { Principal: "*", Condition: { StringEquals: { "aws:PrincipalOrgID": orgId } } },
      otherAccount,
      false,
    ],
    [
      "everyone below a unit",
      {
        Principal: { AWS: "*" },
        Condition: { "ForAnyValue:StringLike": { "aws:PrincipalOrgPaths": `${orgId}/r-ab12/ou-ab12-11111111/*` } },
      },
      member,
      true,
    ],
    [
      "everyone below another unit",
      {
        Principal: "*",
        Condition: { "ForAnyValue:StringLike": { "aws:PrincipalOrgPaths": `${orgId}/r-ab12/ou-ab12-22222222/*` } },
      },
      member,
      false,
    ],
    [
      "an account under a condition that does not hold",
      { Principal: { AWS: [otherAccount] }, Condition: { StringEquals: { "aws:PrincipalOrgID": orgId } } },
      otherAccount,
      false,
    ],
  ])("is shared with %s: %j for %s is %s", async (_, who, account, expected) => {
    const service = await newService(owner);
    await share(service, ["vpc-lattice:GetService"], who);
    const client = plane.clientOf({ account });

    const read = () => client.getService({ serviceIdentifier: service.arn });
    const { items = [] } = await client.listServices({});

    if (expected) expect(await read()).toMatchObject({ id: service.id });
    else expect(await failureOf(read())).toMatchObject(denied);
    expect(items.some(({ id }) => id === service.id)).toBe(expected);
  });

  it("is no network whose sharing is off", async () => {
    const network = await newNetwork(owner, { sharingConfig: { enabled: false } });
    await share(network, ["vpc-lattice:GetServiceNetwork", createVpc]);

    expect(await failureOf(consumer.getServiceNetwork({ serviceNetworkIdentifier: network.arn }))).toMatchObject(
      denied,
    );
    expect((await consumer.listServiceNetworks({})).items?.map(({ id }) => id)).not.toContain(network.id);
  });

  it("is not shared with another region", async () => {
    const service = await newService(owner);
    await share(service, ["vpc-lattice:GetService"]);
    const abroad = plane.clientOf({ account: otherAccount, region: "eu-west-1" });

    expect(await failureOf(abroad.getService({ serviceIdentifier: service.arn }))).toMatchObject(denied);
  });

  it("has a policy that the engine can evaluate", async () => {
    const network = await newNetwork(owner);
    const who = { Principal: "*", Condition: { StringEqual: { "aws:PrincipalOrgID": orgId } } };

    expect(await failureOf(share(network, [createVpc], who))).toMatchObject({
      name: "ValidationException",
      fieldList: [{ name: "policy.Statement[0].Condition.StringEqual" }],
    });
  });
});

describe("ListServices and ListServiceNetworks", () => {
  it("show own and shared ones once each, on pages of any size", async () => {
    await using own = await startControlPlane();
    const mine = own.clientOf({ account: otherAccount });
    const expected: string[] = [];
    for (let i = 0; i < 7; i += 1) {
      const shared = await newService(own.client);
      expected.push(shared.id, (await newService(mine)).id);
      const statement = {
        Effect: "Allow",
        Principal: { AWS: otherAccount },
        Action: ["vpc-lattice:GetService", "vpc-lattice:ListServices"],
        Resource: shared.arn,
      };
      await own.client.putResourcePolicy({ resourceArn: shared.arn, policy: JSON.stringify({ Statement: statement }) });
      await newService(own.client);
    }
    expected.sort();

    for (const maxResults of [1, 2, 3, 14, 100]) {
      const found: string[] = [];
      let pages = 0;
      for (let nextToken: string | undefined; ; ) {
        const page = await mine.listServices({ maxResults, ...(nextToken === undefined ? {} : { nextToken }) });
        pages += 1;
        found.push(...(page.items ?? []).map(({ id = "" }) => id));
        nextToken = page.nextToken;
        if (nextToken === undefined) break;
      }
      expect(found, `pages of ${maxResults}`).toEqual(expected);
      expect(pages).toBe(Math.max(1, Math.ceil(14 / maxResults)));
    }
    expect((await own.client.listServices({})).items).toHaveLength(14);
  });

  it("show a network as long as it is there and shared", async () => {
    const network = await newNetwork(owner);
    const listed = async (): Promise<boolean> =>
      ((await consumer.listServiceNetworks({})).items ?? []).some(({ arn }) => arn === network.arn);
    const before = await listed();
    await share(network, [createVpc]);
    const joinable = await listed();
    await share(network, ["vpc-lattice:ListServiceNetworks"]);
    const shared = await listed();
    await owner.deleteServiceNetwork({ serviceNetworkIdentifier: network.id });

    expect([before, joinable, shared, await listed()]).toEqual([false, false, true, false]);
    const left = await plane.store.list(owners.sharedResources(region), { prefix: network.id });
    expect(left.items).toEqual([]);
  });
});

describe("an association across accounts", () => {
  it("of a consumer's service is seen and deleted by both sides, under each one's own ARN", async () => {
    const network = await newNetwork(owner);
    await share(network, [createService]);

    for (const deleter of [owner, consumer]) {
      const service = await newService(consumer);
      const made = await consumer.createServiceNetworkServiceAssociation({
        serviceIdentifier: service.id,
        serviceNetworkIdentifier: network.arn,
      });
      const id = made.id ?? "";
      const arnOf = (side: string): string =>
        `arn:aws:vpc-lattice:${region}:${side}:servicenetworkserviceassociation/${id}`;
      const get = (client: VPCLattice, identifier: string) =>
        client.getServiceNetworkServiceAssociation({ serviceNetworkServiceAssociationIdentifier: identifier });
      const list = async (client: VPCLattice, filter: object) =>
        (await client.listServiceNetworkServiceAssociations(filter)).items;

      expect(made).toMatchObject({ arn: arnOf(otherAccount), createdBy: otherAccount });
      for (const [client, side] of [
        [owner, account],
        [consumer, otherAccount],
      ] as const) {
        const expected = { arn: arnOf(side), createdBy: otherAccount, serviceArn: service.arn, status: "ACTIVE" };
        expect(await get(client, id)).toMatchObject(expected);
        expect(await get(client, arnOf(side))).toMatchObject(expected);
      }
      expect(await failureOf(get(owner, arnOf(otherAccount)))).toMatchObject(denied);
      expect((await failureOf(get(plane.clientOf({ account: stranger }), id))).name).toBe("ResourceNotFoundException");
      expect(await list(owner, { serviceNetworkIdentifier: network.id })).toMatchObject([{ arn: arnOf(account) }]);
      expect(await list(consumer, { serviceIdentifier: service.id })).toMatchObject([{ arn: arnOf(otherAccount) }]);
      expect((await owner.getServiceNetwork({ serviceNetworkIdentifier: network.id })).numberOfAssociatedServices).toBe(
        1,
      );
      expect((await snapshotOf(plane.store, service.id))?.networkIds).toEqual([network.id]);

      const answer = await deleter.deleteServiceNetworkServiceAssociation({
        serviceNetworkServiceAssociationIdentifier: id,
      });
      expect(answer.arn).toBe(arnOf(deleter === owner ? account : otherAccount));
      for (const client of [owner, consumer]) {
        expect((await failureOf(get(client, id))).name).toBe("ResourceNotFoundException");
      }
      expect((await snapshotOf(plane.store, service.id))?.networkIds).toEqual([]);
      expect((await snapshotOf(plane.store, service.id))?.account).toBe(otherAccount);
      await consumer.deleteService({ serviceIdentifier: service.id });
    }
    await owner.deleteServiceNetwork({ serviceNetworkIdentifier: network.id });
    expect(await networkSnapshot(network.id)).toBeUndefined();
  });

  it("of a shared service with a consumer's network works the same way, once for each pair whoever asks", async () => {
    const service = await newService(owner, { customDomainName: "shop.example.com" });
    const network = await newNetwork(consumer);
    await share(service, [createService]);
    const join = (client: VPCLattice) =>
      client.createServiceNetworkServiceAssociation({
        serviceIdentifier: service.arn,
        serviceNetworkIdentifier: network.arn,
      });

    const { id = "" } = await join(consumer);
    const again = await failureOf(join(consumer));
    const twin = await newService(consumer, { customDomainName: "shop.example.com" });
    const sameDomain = await failureOf(
      consumer.createServiceNetworkServiceAssociation({
        serviceIdentifier: twin.id,
        serviceNetworkIdentifier: network.id,
      }),
    );

    expect([again.name, sameDomain.name]).toEqual(["ConflictException", "ConflictException"]);
    expect((await snapshotOf(plane.store, service.id))?.networkIds).toEqual([network.id]);
    expect((await failureOf(owner.deleteService({ serviceIdentifier: service.id }))).name).toBe("ConflictException");
    expect(await failureOf(join(owner))).toMatchObject(denied);
    await owner.deleteServiceNetworkServiceAssociation({ serviceNetworkServiceAssociationIdentifier: id });
    await owner.deleteService({ serviceIdentifier: service.id });
    expect(
      (await consumer.getServiceNetwork({ serviceNetworkIdentifier: network.id })).numberOfAssociatedServices,
    ).toBe(0);
  });

  it("outlives the share, and no new one comes after it", async () => {
    const network = await newNetwork(owner);
    await share(network, [createVpc]);
    const join = (vpcIdentifier: string) =>
      consumer.createServiceNetworkVpcAssociation({ serviceNetworkIdentifier: network.arn, vpcIdentifier });
    const vpcIdentifier = freshVpc();
    const { id = "", arn = "" } = await join(vpcIdentifier);

    await owner.deleteResourcePolicy({ resourceArn: network.arn });

    expect(await failureOf(join(freshVpc()))).toMatchObject(denied);
    expect((await consumer.listServiceNetworkVpcAssociations({ vpcIdentifier })).items).toMatchObject([{ arn }]);
    expect((await networkSnapshot(network.id))?.vpcs).toEqual([
      { vpcId: vpcIdentifier, account: otherAccount, associationId: id },
    ]);
    await consumer.updateServiceNetworkVpcAssociation({
      serviceNetworkVpcAssociationIdentifier: id,
      securityGroupIds: ["sg-0123456789abcdef0"],
    });
    expect((await networkSnapshot(network.id))?.account).toBe(account);
  });

  it("of a VPC is changed by its creator alone, and deleted by either side", async () => {
    const network = await newNetwork(owner);
    await share(network, [createVpc]);

    for (const deleter of [owner, consumer]) {
      const { id = "" } = await consumer.createServiceNetworkVpcAssociation({
        serviceNetworkIdentifier: network.arn,
        vpcIdentifier: freshVpc(),
      });
      const target = { serviceNetworkVpcAssociationIdentifier: id };
      const failure = await failureOf(
        owner.updateServiceNetworkVpcAssociation({ ...target, securityGroupIds: ["sg-0123456789abcdef0"] }),
      );
      const seen = await owner.listServiceNetworkVpcAssociations({ serviceNetworkIdentifier: network.id });
      await deleter.deleteServiceNetworkVpcAssociation(target);

      expect(failure).toMatchObject(denied);
      expect(seen.items).toMatchObject([
        { arn: `arn:aws:vpc-lattice:${region}:${account}:servicenetworkvpcassociation/${id}`, createdBy: otherAccount },
      ]);
      expect((await networkSnapshot(network.id))?.vpcs).toEqual([]);
    }
    await owner.deleteServiceNetwork({ serviceNetworkIdentifier: network.id });
  });

  it("needs one side of the caller's own, and the action in the share of the other", async () => {
    const network = await newNetwork(owner);
    const service = await newService(owner);
    await share(network, [createService]);
    await share(service, [createService]);
    const both = { serviceIdentifier: service.arn, serviceNetworkIdentifier: network.arn };

    const failures = [
      await failureOf(consumer.createServiceNetworkServiceAssociation(both)),
      await failureOf(
        consumer.createServiceNetworkVpcAssociation({
          serviceNetworkIdentifier: network.arn,
          vpcIdentifier: freshVpc(),
        }),
      ),
    ];

    expect(failures).toMatchObject([denied, denied]);
    expect(failures[0]?.message).toContain("both belong to other accounts");
    expect((await snapshotOf(plane.store, service.id))?.networkIds).toEqual([]);
  });

  it("of a resource group brings its children, old and new, to both sides", async () => {
    const { group, child } = await newGroup(owner, (await newGateway(owner)).id);
    const network = await newNetwork(consumer);
    await share(group, [createResource]);
    await child();
    const { id = "" } = await consumer.createServiceNetworkResourceAssociation({
      resourceConfigurationIdentifier: group.arn,
      serviceNetworkIdentifier: network.id,
    });
    const later = await child();
    const list = async (client: VPCLattice, filter: object, side: string) => {
      const { items = [] } = await client.listServiceNetworkResourceAssociations({ ...filter, includeChildren: true });
      expect(items.every(({ arn }) => arn?.includes(`:${side}:`))).toBe(true);
      return items.map((item) => item.id ?? "").sort();
    };
    const ofNetwork = { serviceNetworkIdentifier: network.id };
    const ofGroup = { resourceConfigurationIdentifier: group.id };

    const seen = await list(consumer, ofNetwork, otherAccount);
    expect(seen).toHaveLength(3);
    expect(await list(owner, ofGroup, account)).toEqual(seen);
    for (const one of seen) {
      const target = { serviceNetworkResourceAssociationIdentifier: one };
      expect(await owner.getServiceNetworkResourceAssociation(target)).toMatchObject({ createdBy: otherAccount });
    }

    await owner.deleteResourceConfiguration({ resourceConfigurationIdentifier: later.id });
    expect(await list(owner, ofGroup, account)).toHaveLength(2);
    await owner.deleteServiceNetworkResourceAssociation({ serviceNetworkResourceAssociationIdentifier: id });
    expect(await list(consumer, ofNetwork, otherAccount)).toEqual([]);
    expect(await list(owner, ofGroup, account)).toEqual([]);
    await consumer.deleteServiceNetwork({ serviceNetworkIdentifier: network.id });
    for (const side of [account, otherAccount]) {
      for (const kind of ["snsa", "snra"]) {
        const left = await plane.store.list(owners.partnerAssociations({ account: side, region }, kind));
        expect(left.items.filter((item) => seen.includes(item.id))).toEqual([]);
      }
    }
  });

  it("has tags of its own on each side", async () => {
    const network = await newNetwork(owner);
    await share(network, [createVpc]);
    const { id, arn = "" } = await consumer.createServiceNetworkVpcAssociation({
      serviceNetworkIdentifier: network.arn,
      vpcIdentifier: freshVpc(),
      tags: { team: "consumer" },
    });
    const seen = arn.replace(otherAccount, account);

    await owner.tagResource({ resourceArn: seen, tags: { team: "owner" } });

    expect((await owner.listTagsForResource({ resourceArn: seen })).tags).toEqual({ team: "owner" });
    expect((await consumer.listTagsForResource({ resourceArn: arn })).tags).toEqual({ team: "consumer" });
    expect(await failureOf(owner.listTagsForResource({ resourceArn: arn }))).toMatchObject(denied);
    expect(await owner.getServiceNetworkVpcAssociation({ serviceNetworkVpcAssociationIdentifier: id })).toMatchObject({
      arn: seen,
    });
  });
});

describe("lists of associations", () => {
  it("show a network's services to those who may list them, and to others their own", async () => {
    const network = await newNetwork(owner);
    await share(network, [createService]);
    const ours = await newService(owner);
    const theirs = await newService(consumer);
    const join = (client: VPCLattice, serviceIdentifier: string) =>
      client.createServiceNetworkServiceAssociation({ serviceIdentifier, serviceNetworkIdentifier: network.arn });
    await join(owner, ours.id);
    await join(consumer, theirs.id);
    const listed = async (serviceNetworkIdentifier: string) => {
      const { items = [] } = await consumer.listServiceNetworkServiceAssociations({ serviceNetworkIdentifier });
      return items.map(({ serviceId = "" }) => serviceId).sort();
    };

    expect(await failureOf(listed(network.arn))).toMatchObject(denied);
    expect(await listed(network.id)).toEqual([theirs.id]);
    await share(network, ["vpc-lattice:GetServiceNetwork"]);
    expect(await listed(network.arn)).toEqual([theirs.id]);
    await share(network, ["vpc-lattice:ListServiceNetworkServiceAssociations"]);
    expect(await listed(network.arn)).toEqual([ours.id, theirs.id].sort());
  });

  it("show strangers nothing, whatever ids they know", async () => {
    const network = await newNetwork(owner);
    const service = await newService(owner);
    const gateway = await newGateway(owner);
    const configuration = await newConfiguration(owner, { resourceGatewayIdentifier: gateway.id });
    await owner.createServiceNetworkServiceAssociation({
      serviceIdentifier: service.id,
      serviceNetworkIdentifier: network.id,
    });
    await owner.createServiceNetworkVpcAssociation({ serviceNetworkIdentifier: network.id, vpcIdentifier: freshVpc() });
    await owner.createServiceNetworkResourceAssociation({
      serviceNetworkIdentifier: network.id,
      resourceConfigurationIdentifier: configuration.id,
    });
    await owner.createAccessLogSubscription({
      resourceIdentifier: service.id,
      destinationArn: "arn:aws:s3:::access-logs",
    });

    const lists = await Promise.all([
      consumer.listServiceNetworkServiceAssociations({ serviceNetworkIdentifier: network.id }),
      consumer.listServiceNetworkServiceAssociations({ serviceIdentifier: service.id }),
      consumer.listServiceNetworkVpcAssociations({ serviceNetworkIdentifier: network.id }),
      consumer.listServiceNetworkResourceAssociations({ serviceNetworkIdentifier: network.id }),
      consumer.listAccessLogSubscriptions({ resourceIdentifier: service.id }),
      consumer.listResourceConfigurations({ resourceGatewayIdentifier: gateway.id }),
    ]);

    expect(lists.map(({ items }) => items)).toEqual(lists.map(() => []));
  });
});

describe("the history of an association across accounts", () => {
  it("is told to both, and neither can roll it back alone", async () => {
    await using own = await startControlPlane();
    const [a, b] = [own.client, own.clientOf({ account: otherAccount })];
    const network = await newNetwork(a);
    const policy = JSON.stringify({
      Statement: { Effect: "Allow", Principal: { AWS: otherAccount }, Action: createVpc, Resource: network.arn },
    });
    await a.putResourcePolicy({ resourceArn: network.arn, policy });
    const { id = "" } = await b.createServiceNetworkVpcAssociation({
      serviceNetworkIdentifier: network.arn,
      vpcIdentifier: freshVpc(),
    });

    const { json } = await own.send("GET", "/pergola/history");
    const [newest, , first] = (json as { items: Record<string, unknown>[] }).items;
    const undo = await own.send("POST", "/pergola/rollback", JSON.stringify({ to: first?.id }));

    expect(newest).toMatchObject({
      operation: "CreateServiceNetworkVpcAssociation",
      account: otherAccount,
      otherAccounts: [otherAccount],
      changes: expect.arrayContaining([expect.objectContaining({ kind: "vpc-association", id })]),
    });
    expect(undo).toMatchObject({ status: 409 });
    expect(undo.body).toContain("another account");
    expect((await b.getServiceNetworkVpcAssociation({ serviceNetworkVpcAssociationIdentifier: id })).status).toBe(
      "ACTIVE",
    );
  });
});
