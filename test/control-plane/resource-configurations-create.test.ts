import type { CreateResourceConfigurationCommandInput } from "@aws-sdk/client-vpc-lattice";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  account,
  type ControlPlaneHarness,
  otherAccount,
  region,
  startControlPlane,
} from "../harness/control-plane.ts";
import { newConfiguration, newGateway, newGroup } from "../harness/lattice-networked-resources.ts";
import { failureOf, freshName } from "../harness/lattice-resources.ts";

let plane: ControlPlaneHarness;
let gateway: string;
let privateGateway: string;
beforeAll(async () => {
  plane = await startControlPlane();
  gateway = (await newGateway(plane.client)).id;
  privateGateway = (await newGateway(plane.client, { resourceConfigDnsResolution: "IN_VPC" })).id;
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

type Input = Partial<CreateResourceConfigurationCommandInput>;
const ipResource = { resourceConfigurationDefinition: { ipResource: { ipAddress: "10.0.0.5" } } };
const dnsResource = {
  resourceConfigurationDefinition: { dnsResource: { domainName: "db.example.com", ipAddressType: "IPV4" as const } },
};
const database = `arn:aws:rds:${region}:${account}:cluster:orders`;

async function read(id: string): Promise<Record<string, unknown>> {
  const { $metadata: _, ...members } = await plane.client.getResourceConfiguration({
    resourceConfigurationIdentifier: id,
  });
  return members;
}

describe("CreateResourceConfiguration", () => {
  const kinds: readonly (readonly [string, () => Input, object])[] = [
    [
      "SINGLE with an address",
      () => ({ type: "SINGLE", resourceGatewayIdentifier: gateway, portRanges: ["80", "8000-8100"], ...ipResource }),
      { protocol: "TCP", allowAssociationToShareableServiceNetwork: false },
    ],
    [
      "SINGLE with a name",
      () => ({
        type: "SINGLE",
        resourceGatewayIdentifier: gateway,
        portRanges: ["1-65535"],
        customDomainName: "orders.example.com",
        allowAssociationToShareableServiceNetwork: true,
        protocol: "TCP",
        ...dnsResource,
      }),
      {},
    ],
    [
      "GROUP",
      () => ({ type: "GROUP", resourceGatewayIdentifier: gateway, groupDomain: "db.example.com" }),
      { protocol: "TCP", allowAssociationToShareableServiceNetwork: false },
    ],
    [
      "ARN",
      () => ({
        type: "ARN",
        resourceGatewayIdentifier: gateway,
        resourceConfigurationDefinition: { arnResource: { arn: database } },
      }),
      { allowAssociationToShareableServiceNetwork: false },
    ],
    [
      "CIDR",
      () => ({
        type: "CIDR",
        resourceGatewayIdentifier: privateGateway,
        portRanges: ["53", "443"],
        protocol: "TCP_UDP",
        resourceConfigurationDefinition: { cidrResource: { cidrRanges: ["10.1.0.0/16", "fd00:1::/64"] } },
      }),
      {},
    ],
  ];
  it.each(kinds)("of type %s is read as it was sent, with defaults", async (_, input, defaults) => {
    const { resourceGatewayIdentifier, ...sent } = { name: freshName("resource"), ...input() };

    const { $metadata, ...answer } = await plane.client.createResourceConfiguration({
      resourceGatewayIdentifier,
      ...sent,
    } as CreateResourceConfigurationCommandInput);

    expect($metadata.httpStatusCode).toBe(201);
    expect(answer).toEqual({
      ...sent,
      ...defaults,
      id: expect.stringMatching(/^rcfg-0[0-9a-f]{16}$/),
      arn: `arn:aws:vpc-lattice:${region}:${account}:resourceconfiguration/${answer.id}`,
      resourceGatewayId: resourceGatewayIdentifier,
      status: "CREATE_IN_PROGRESS",
      createdAt: expect.any(Date),
    });
    expect(await read(answer.id ?? "")).toEqual({
      ...answer,
      status: "ACTIVE",
      amazonManaged: false,
      lastUpdatedAt: answer.createdAt,
    });
  });

  it("of type CHILD has gateway and protocol of its group", async () => {
    const { group, child } = await newGroup(plane.client, gateway, { groupDomain: "db.example.com" });

    const { id } = await child({ customDomainName: "Orders.db.example.com" });

    expect(await read(id)).toMatchObject({
      type: "CHILD",
      resourceGatewayId: gateway,
      resourceConfigurationGroupId: group.id,
      protocol: "TCP",
      customDomainName: "Orders.db.example.com",
      portRanges: ["5432"],
      status: "ACTIVE",
    });
  });

  const single = (more: object): Input => ({
    type: "SINGLE",
    resourceGatewayIdentifier: "",
    portRanges: ["80"],
    ...ipResource,
    ...more,
  });
  const bad: readonly (readonly [Input, string])[] = [
    [single({ name: "rcfg-a" }), "name"],
    [single({ type: "MANY" }), "type"],
    [single({ portRanges: undefined }), "portRanges"],
    [single({ portRanges: [] }), "portRanges"],
    [single({ portRanges: ["0"] }), "portRanges[0]"],
    [single({ portRanges: ["80", "65536"] }), "portRanges[1]"],
    [single({ portRanges: ["90-80"] }), "portRanges[0]"],
    [single({ portRanges: ["80-"] }), "portRanges[0]"],
    [single({ portRanges: Array(101).fill("80") }), "portRanges"],
    [single({ protocol: "TCP_UDP" }), "protocol"],
    [single({ groupDomain: "example.com" }), "groupDomain"],
    [
      single({ resourceConfigurationGroupIdentifier: "rcfg-00000000000000000" }),
      "resourceConfigurationGroupIdentifier",
    ],
    [single({ resourceConfigurationDefinition: undefined }), "resourceConfigurationDefinition"],
    [
      single({ resourceConfigurationDefinition: { arnResource: { arn: database } } }),
      "resourceConfigurationDefinition",
    ],
    [
      single({ resourceConfigurationDefinition: { ipResource: { ipAddress: "8.8.8.8" } } }),
      "resourceConfigurationDefinition.ipResource.ipAddress",
    ],
    [
      single({ resourceConfigurationDefinition: { ipResource: { ipAddress: "169.254.169.254" } } }),
      "resourceConfigurationDefinition.ipResource.ipAddress",
    ],
    [
      single({ resourceConfigurationDefinition: { ipResource: { ipAddress: "10.0.0" } } }),
      "resourceConfigurationDefinition.ipResource.ipAddress",
    ],
    [
      single({ resourceConfigurationDefinition: { ipResource: { ipAddress: "fd12::1" } } }),
      "resourceConfigurationDefinition.ipResource.ipAddress",
    ],
    [
      single({ resourceConfigurationDefinition: { dnsResource: { domainName: "a.b", ipAddressType: "DUALSTACK" } } }),
      "resourceConfigurationDefinition.dnsResource.ipAddressType",
    ],
    [
      single({ resourceConfigurationDefinition: { dnsResource: { domainName: "a.b", ipAddressType: "IPV6" } } }),
      "resourceConfigurationDefinition.dnsResource.ipAddressType",
    ],
    [
      single({ resourceConfigurationDefinition: { dnsResource: { domainName: "a..b", ipAddressType: "IPV4" } } }),
      "resourceConfigurationDefinition.dnsResource.domainName",
    ],
    [{ type: "SINGLE", portRanges: ["80"], ...ipResource }, "resourceGatewayIdentifier"],
    [{ type: "GROUP", resourceGatewayIdentifier: "", ...ipResource }, "resourceConfigurationDefinition"],
    [{ type: "GROUP", resourceGatewayIdentifier: "", customDomainName: "a.example.com" }, "customDomainName"],
    [{ type: "CHILD", portRanges: ["80"], ...ipResource }, "resourceConfigurationGroupIdentifier"],
    [
      {
        type: "ARN",
        resourceGatewayIdentifier: "",
        resourceConfigurationDefinition: { arnResource: { arn: database } },
        portRanges: ["80"],
      },
      "portRanges",
    ],
    [
      {
        type: "ARN",
        resourceGatewayIdentifier: "",
        resourceConfigurationDefinition: { arnResource: { arn: database.replace(account, otherAccount) } },
      },
      "resourceConfigurationDefinition.arnResource.arn",
    ],
    [
      {
        type: "ARN",
        resourceGatewayIdentifier: "private",
        resourceConfigurationDefinition: { arnResource: { arn: database } },
      },
      "resourceGatewayIdentifier",
    ],
    [
      {
        type: "CIDR",
        resourceGatewayIdentifier: "",
        portRanges: ["80"],
        resourceConfigurationDefinition: { cidrResource: { cidrRanges: ["10.0.0.0/8"] } },
      },
      "resourceGatewayIdentifier",
    ],
    ...[
      ["10.0.0.0"],
      ["10.0.0.0/33"],
      ["0.0.0.0/0", "10.0.0.0/8"],
      ["169.254.0.0/24"],
      ["100.0.0.0/8"],
      ["fe80::/9"],
      ["10.0.0.0/8", "10.0.0.0/8"],
    ].map((cidrRanges): readonly [Input, string] => [
      {
        type: "CIDR",
        resourceGatewayIdentifier: "private",
        portRanges: ["80"],
        resourceConfigurationDefinition: { cidrResource: { cidrRanges } },
      },
      "resourceConfigurationDefinition.cidrResource.cidrRanges",
    ]),
  ];
  it.each(bad)("refuses %j, naming %s", async (input, field) => {
    const gateways: Record<string, string> = { "": gateway, private: privateGateway };
    const { resourceGatewayIdentifier: wanted } = input;
    const given = wanted === undefined ? {} : { resourceGatewayIdentifier: gateways[wanted] };

    const answer = await plane.send(
      "POST",
      "/resourceconfigurations",
      JSON.stringify({ name: freshName("bad"), ...input, ...given }),
    );

    expect(answer).toMatchObject({ status: 400, json: { reason: "fieldValidationFailed" } });
    expect((answer.json as { fieldList: { name: string }[] }).fieldList.map(({ name }) => name)).toContain(field);
  });

  it("of type CHILD is refused outside of its group's domain, with another gateway or with a group that is none", async () => {
    const { group, child } = await newGroup(plane.client, gateway, { groupDomain: "db.example.com" });
    const other = await newConfiguration(plane.client, { resourceGatewayIdentifier: gateway });

    const failures = [
      await failureOf(child({ customDomainName: "evildb.example.com" })),
      await failureOf(child({ resourceGatewayIdentifier: privateGateway })),
      await failureOf(child({ resourceConfigurationGroupIdentifier: other.id })),
      await failureOf(child({ resourceConfigurationGroupIdentifier: "rcfg-00000000000000000" })),
      await failureOf(child({ allowAssociationToShareableServiceNetwork: true })),
    ];
    await child({ resourceGatewayIdentifier: gateway, resourceConfigurationGroupIdentifier: group.arn });

    expect(failures).toMatchObject([
      { name: "ValidationException", fieldList: [{ name: "customDomainName" }] },
      { name: "ValidationException", fieldList: [{ name: "resourceGatewayIdentifier" }] },
      { name: "ValidationException", fieldList: [{ name: "resourceConfigurationGroupIdentifier" }] },
      { name: "ResourceNotFoundException", resourceType: "RESOURCE_CONFIGURATION" },
      { name: "ValidationException", fieldList: [{ name: "allowAssociationToShareableServiceNetwork" }] },
    ]);
  });

  it("needs a gateway that is there and the caller's, and a name that is free", async () => {
    const name = freshName("taken");
    const first = await newConfiguration(plane.client, { resourceGatewayIdentifier: gateway, name });
    const gone = "rgw-00000000000000000";
    const foreign = `arn:aws:vpc-lattice:${region}:${otherAccount}:resourcegateway/${gateway}`;

    const failures = [
      await failureOf(newConfiguration(plane.client, { resourceGatewayIdentifier: gateway, name })),
      await failureOf(newConfiguration(plane.client, { resourceGatewayIdentifier: gone })),
      await failureOf(newConfiguration(plane.client, { resourceGatewayIdentifier: foreign })),
    ];

    expect(failures).toMatchObject([
      { name: "ConflictException", resourceId: first.id, message: expect.stringContaining("already exist") },
      { name: "ResourceNotFoundException", resourceType: "RESOURCE_GATEWAY" },
      { name: "AccessDeniedException" },
    ]);
  });
});
