import { expect } from "vitest";
import { aTime, type Lifecycle } from "./lifecycle.ts";
import type { Step } from "./step.ts";

const aGateway: readonly Step[] = [
  {
    call: "CreateResourceGateway",
    with: { name: "gateway-{run}", vpcIdentifier: "vpc-{run}", subnetIds: ["subnet-0123456789abcdef0"] },
    saves: { "gateway.id": "id" },
  },
  {
    call: "GetResourceGateway",
    with: { resourceGatewayIdentifier: "{gateway.id}" },
    gives: { status: "ACTIVE" },
    until: true,
  },
];
const noGateway: Step = { call: "DeleteResourceGateway", with: { resourceGatewayIdentifier: "{gateway.id}" } };

export const resourceGateway: Lifecycle = {
  kind: "a resource gateway",
  name: "gateway",
  type: "RESOURCE_GATEWAY",
  create: {
    call: "CreateResourceGateway",
    with: {
      name: "gateway-{run}",
      vpcIdentifier: "vpc-{run}",
      subnetIds: ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
      securityGroupIds: ["sg-0123456789abcdef0"],
      ipAddressType: "IPV4",
      ipv4AddressesPerEni: 4,
    },
    gives: { name: "gateway-{run}", vpcIdentifier: "vpc-{run}" },
  },
  id: /^rgw-0[0-9a-f]{16}$/,
  unique: true,
  settles: true,
  get: { call: "GetResourceGateway", with: { resourceGatewayIdentifier: "{gateway.id}" } },
  shows: {
    name: "gateway-{run}",
    vpcId: "vpc-{run}",
    subnetIds: ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    securityGroupIds: ["sg-0123456789abcdef0"],
    ipAddressType: "IPV4",
    ipv4AddressesPerEni: 4,
    lastUpdatedAt: aTime,
  },
  list: { call: "ListResourceGateways", with: {} },
  listed: { name: "gateway-{run}", vpcIdentifier: "vpc-{run}", status: "ACTIVE" },
  updates: [
    {
      step: {
        call: "UpdateResourceGateway",
        with: { resourceGatewayIdentifier: "{gateway.id}", securityGroupIds: ["sg-0123456789abcdef1"] },
        gives: { id: "{gateway.id}", securityGroupIds: ["sg-0123456789abcdef1"] },
      },
      shows: { status: "ACTIVE", securityGroupIds: ["sg-0123456789abcdef1"], ipv4AddressesPerEni: 4 },
    },
  ],
  remove: { call: "DeleteResourceGateway", with: { resourceGatewayIdentifier: "{gateway.id}" } },
};

const configurationIdentifier = { resourceConfigurationIdentifier: "{configuration.id}" };
const definition = { dnsResource: { domainName: "db.{run}.example.com", ipAddressType: "IPV4" } } as const;

const groupAndChild: readonly Step[] = [
  {
    call: "CreateResourceConfiguration",
    with: { name: "databases-{run}", type: "GROUP", resourceGatewayIdentifier: "{gateway.id}", protocol: "TCP" },
    saves: { "family.id": "id" },
  },
  {
    call: "GetResourceConfiguration",
    with: { resourceConfigurationIdentifier: "{family.id}" },
    gives: { status: "ACTIVE", type: "GROUP", protocol: "TCP" },
    lacks: ["resourceConfigurationDefinition"],
    until: true,
  },
  {
    call: "CreateResourceConfiguration",
    with: {
      name: "replica-{run}",
      type: "CHILD",
      resourceConfigurationGroupIdentifier: "{family.id}",
      resourceConfigurationDefinition: { ipResource: { ipAddress: "10.0.0.5" } },
      portRanges: ["5432"],
    },
    saves: { "child.id": "id" },
  },
  {
    call: "ListResourceConfigurations",
    with: { resourceConfigurationGroupIdentifier: "{family.id}" },
    gives: { items: [{ id: "{child.id}", resourceConfigurationGroupId: "{family.id}", type: "CHILD" }] },
  },
  {
    call: "DeleteResourceConfiguration",
    with: { resourceConfigurationIdentifier: "{family.id}" },
    fails: { type: "ConflictException", members: { resourceType: "RESOURCE_CONFIGURATION" } },
  },
  {
    call: "GetResourceConfiguration",
    with: { resourceConfigurationIdentifier: "{child.id}" },
    gives: { status: "ACTIVE", resourceGatewayId: "{gateway.id}" },
    until: true,
  },
  { call: "DeleteResourceConfiguration", with: { resourceConfigurationIdentifier: "{child.id}" } },
  { call: "DeleteResourceConfiguration", with: { resourceConfigurationIdentifier: "{family.id}" } },
  {
    call: "DeleteResourceGateway",
    with: { resourceGatewayIdentifier: "{gateway.id}" },
    fails: { type: "ConflictException", members: { resourceType: "RESOURCE_GATEWAY" } },
  },
];

export const resourceConfiguration: Lifecycle = {
  kind: "a resource configuration",
  name: "configuration",
  type: "RESOURCE_CONFIGURATION",
  before: aGateway,
  create: {
    call: "CreateResourceConfiguration",
    with: {
      name: "database-{run}",
      type: "SINGLE",
      resourceGatewayIdentifier: "{gateway.id}",
      resourceConfigurationDefinition: definition,
      portRanges: ["5432", "6000-6100"],
      protocol: "TCP",
    },
    gives: { name: "database-{run}", resourceConfigurationDefinition: definition },
  },
  id: /^rcfg-0[0-9a-f]{16}$/,
  unique: true,
  settles: true,
  get: { call: "GetResourceConfiguration", with: configurationIdentifier },
  shows: {
    name: "database-{run}",
    type: "SINGLE",
    resourceGatewayId: "{gateway.id}",
    resourceConfigurationDefinition: definition,
    portRanges: ["5432", "6000-6100"],
    protocol: "TCP",
    allowAssociationToShareableServiceNetwork: false,
    lastUpdatedAt: aTime,
  },
  hides: ["resourceConfigurationGroupId", "customDomainName", "failureReason"],
  list: { call: "ListResourceConfigurations", with: { resourceGatewayIdentifier: "{gateway.id}" } },
  listed: { name: "database-{run}", type: "SINGLE", resourceGatewayId: "{gateway.id}" },
  updates: [
    {
      step: {
        call: "UpdateResourceConfiguration",
        with: {
          ...configurationIdentifier,
          portRanges: ["5433"],
          allowAssociationToShareableServiceNetwork: true,
          resourceConfigurationDefinition: { ipResource: { ipAddress: "10.0.0.6" } },
        },
        gives: { id: "{configuration.id}", portRanges: ["5433"] },
      },
      shows: {
        status: "ACTIVE",
        portRanges: ["5433"],
        allowAssociationToShareableServiceNetwork: true,
        resourceConfigurationDefinition: { ipResource: { ipAddress: "10.0.0.6" } },
      },
    },
  ],
  meanwhile: groupAndChild,
  remove: { call: "DeleteResourceConfiguration", with: configurationIdentifier },
  after: [noGateway],
};

const associationIdentifier = { serviceNetworkResourceAssociationIdentifier: "{association.id}" };

export const resourceAssociation: Lifecycle = {
  kind: "an association of a resource configuration with a network",
  name: "association",
  type: "SERVICE_NETWORK_RESOURCE_ASSOCIATION",
  before: [
    ...aGateway,
    {
      call: "CreateResourceConfiguration",
      with: {
        name: "cache-{run}",
        type: "SINGLE",
        resourceGatewayIdentifier: "{gateway.id}",
        resourceConfigurationDefinition: { ipResource: { ipAddress: "10.0.0.5" } },
        portRanges: ["6379"],
        allowAssociationToShareableServiceNetwork: true,
      },
      saves: { "configuration.id": "id", "configuration.arn": "arn" },
    },
    {
      call: "GetResourceConfiguration",
      with: configurationIdentifier,
      gives: { status: "ACTIVE" },
      until: true,
    },
    {
      call: "CreateServiceNetwork",
      with: { name: "network-{run}" },
      saves: { "network.id": "id", "network.arn": "arn" },
    },
  ],
  create: {
    call: "CreateServiceNetworkResourceAssociation",
    with: { ...configurationIdentifier, serviceNetworkIdentifier: "{network.id}" },
    gives: { createdBy: "{account}" },
  },
  id: /^snra-0[0-9a-f]{16}$/,
  unique: true,
  settles: true,
  get: { call: "GetServiceNetworkResourceAssociation", with: associationIdentifier },
  shows: {
    createdBy: "{account}",
    resourceConfigurationId: "{configuration.id}",
    resourceConfigurationArn: "{configuration.arn}",
    resourceConfigurationName: "cache-{run}",
    serviceNetworkId: "{network.id}",
    serviceNetworkArn: "{network.arn}",
    serviceNetworkName: "network-{run}",
    dnsEntry: { domainName: expect.stringContaining("{association.id}.{configuration.id}.4232ccc") },
    isManagedAssociation: false,
  },
  hides: ["failureCode", "failureReason"],
  list: {
    call: "ListServiceNetworkResourceAssociations",
    with: { ...configurationIdentifier, serviceNetworkIdentifier: "{network.id}" },
  },
  listed: { resourceConfigurationName: "cache-{run}", serviceNetworkName: "network-{run}", status: "ACTIVE" },
  meanwhile: [
    {
      call: "DeleteResourceConfiguration",
      with: configurationIdentifier,
      fails: { type: "ConflictException", members: { resourceType: "RESOURCE_CONFIGURATION" } },
    },
  ],
  remove: { call: "DeleteServiceNetworkResourceAssociation", with: associationIdentifier },
  after: [
    { call: "DeleteResourceConfiguration", with: configurationIdentifier },
    { call: "DeleteServiceNetwork", with: { serviceNetworkIdentifier: "{network.id}" } },
    noGateway,
  ],
};

export const domainVerification: Lifecycle = {
  kind: "a domain verification",
  name: "verification",
  type: "DOMAIN_VERIFICATION",
  create: {
    call: "StartDomainVerification",
    with: { domainName: "{run}.invalid" },
    gives: {
      domainName: "{run}.invalid",
      status: "PENDING",
      txtMethodConfig: { name: expect.any(String), value: expect.stringContaining("vpc-lattice:") },
    },
  },
  id: /^dv-0[0-9a-f]{16}$/,
  unique: false,
  settles: false,
  get: { call: "GetDomainVerification", with: { domainVerificationIdentifier: "{verification.id}" } },
  shows: { domainName: "{run}.invalid", status: "PENDING", tags: { "pergola:kind": "{run}" } },
  hides: ["lastVerifiedTime"],
  list: { call: "ListDomainVerifications", with: {} },
  listed: { domainName: "{run}.invalid", status: "PENDING" },
  remove: { call: "DeleteDomainVerification", with: { domainVerificationIdentifier: "{verification.id}" } },
};
