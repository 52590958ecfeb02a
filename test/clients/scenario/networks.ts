import { expect } from "vitest";
import { aTime, type Lifecycle } from "./lifecycle.ts";
import type { Step } from "./step.ts";

const networkIdentifier = { serviceNetworkIdentifier: "{network.id}" };

const aNetwork: Step = {
  call: "CreateServiceNetwork",
  with: { name: "network-{run}" },
  saves: { "network.id": "id", "network.arn": "arn" },
};
const noNetwork: Step = { call: "DeleteServiceNetwork", with: networkIdentifier };
const inUse = (type: string): Step => ({
  call: "DeleteServiceNetwork",
  with: networkIdentifier,
  fails: {
    type: "ConflictException",
    members: { resourceType: "SERVICE_NETWORK", resourceId: "{network.id}" },
    says: type,
  },
});

export const serviceNetwork: Lifecycle = {
  kind: "a service network",
  name: "network",
  type: "SERVICE_NETWORK",
  create: {
    call: "CreateServiceNetwork",
    with: { name: "network-{run}", sharingConfig: { enabled: false } },
    gives: { name: "network-{run}", authType: "NONE", sharingConfig: { enabled: false } },
  },
  id: /^sn-0[0-9a-f]{16}$/,
  unique: true,
  settles: false,
  get: { call: "GetServiceNetwork", with: networkIdentifier },
  shows: {
    name: "network-{run}",
    authType: "NONE",
    sharingConfig: { enabled: false },
    numberOfAssociatedServices: 0,
    numberOfAssociatedVPCs: 0,
    lastUpdatedAt: aTime,
  },
  hides: ["tags"],
  list: { call: "ListServiceNetworks", with: {} },
  listed: { name: "network-{run}", numberOfAssociatedVPCs: 0, numberOfAssociatedResourceConfigurations: 0 },
  updates: [
    {
      step: {
        call: "UpdateServiceNetwork",
        with: { ...networkIdentifier, authType: "AWS_IAM" },
        gives: { id: "{network.id}", name: "network-{run}", authType: "AWS_IAM" },
      },
      shows: { authType: "AWS_IAM", sharingConfig: { enabled: false } },
    },
  ],
  meanwhile: [
    {
      call: "ListServiceNetworkVpcEndpointAssociations",
      with: networkIdentifier,
      gives: { items: [] },
    },
  ],
  remove: { call: "DeleteServiceNetwork", with: networkIdentifier },
};

export const serviceAssociation: Lifecycle = {
  kind: "an association of a service with a network",
  name: "association",
  type: "SERVICE_NETWORK_SERVICE_ASSOCIATION",
  before: [
    aNetwork,
    { call: "CreateService", with: { name: "cart-{run}" }, saves: { "service.id": "id", "service.arn": "arn" } },
    { call: "GetService", with: { serviceIdentifier: "{service.id}" }, gives: { status: "ACTIVE" }, until: true },
  ],
  create: {
    call: "CreateServiceNetworkServiceAssociation",
    with: { ...networkIdentifier, serviceIdentifier: "{service.id}" },
    gives: { createdBy: "{account}", dnsEntry: { domainName: expect.stringContaining("cart-{run}-") } },
  },
  id: /^snsa-0[0-9a-f]{16}$/,
  unique: true,
  settles: true,
  get: {
    call: "GetServiceNetworkServiceAssociation",
    with: { serviceNetworkServiceAssociationIdentifier: "{association.id}" },
  },
  shows: {
    createdBy: "{account}",
    serviceId: "{service.id}",
    serviceName: "cart-{run}",
    serviceArn: "{service.arn}",
    serviceNetworkId: "{network.id}",
    serviceNetworkName: "network-{run}",
    serviceNetworkArn: "{network.arn}",
    dnsEntry: { domainName: expect.stringContaining("cart-{run}-") },
  },
  hides: ["customDomainName", "failureCode", "failureMessage"],
  list: {
    call: "ListServiceNetworkServiceAssociations",
    with: { ...networkIdentifier, serviceIdentifier: "{service.id}" },
  },
  listed: { serviceName: "cart-{run}", serviceNetworkName: "network-{run}", status: "ACTIVE" },
  meanwhile: [
    inUse("service"),
    {
      call: "DeleteService",
      with: { serviceIdentifier: "{service.id}" },
      fails: { type: "ConflictException", members: { resourceType: "SERVICE", resourceId: "{service.id}" } },
    },
    { call: "GetServiceNetwork", with: networkIdentifier, gives: { numberOfAssociatedServices: 1 } },
    {
      call: "ListServiceNetworkServiceAssociations",
      with: {},
      fails: { type: "ValidationException" },
    },
  ],
  remove: {
    call: "DeleteServiceNetworkServiceAssociation",
    with: { serviceNetworkServiceAssociationIdentifier: "{association.id}" },
  },
  after: [{ call: "DeleteService", with: { serviceIdentifier: "{service.id}" } }, noNetwork],
};

const vpcAssociationIdentifier = { serviceNetworkVpcAssociationIdentifier: "{association.id}" };

export const vpcAssociation: Lifecycle = {
  kind: "an association of a VPC with a network",
  name: "association",
  type: "SERVICE_NETWORK_VPC_ASSOCIATION",
  before: [aNetwork],
  create: {
    call: "CreateServiceNetworkVpcAssociation",
    with: { ...networkIdentifier, vpcIdentifier: "vpc-{run}", securityGroupIds: ["sg-0123456789abcdef0"] },
    gives: { createdBy: "{account}", securityGroupIds: ["sg-0123456789abcdef0"] },
  },
  id: /^snva-0[0-9a-f]{16}$/,
  unique: true,
  settles: true,
  get: { call: "GetServiceNetworkVpcAssociation", with: vpcAssociationIdentifier },
  shows: {
    createdBy: "{account}",
    vpcId: "vpc-{run}",
    securityGroupIds: ["sg-0123456789abcdef0"],
    serviceNetworkId: "{network.id}",
    serviceNetworkName: "network-{run}",
    serviceNetworkArn: "{network.arn}",
    lastUpdatedAt: aTime,
  },
  hides: ["failureCode", "failureMessage"],
  list: {
    call: "ListServiceNetworkVpcAssociations",
    with: { ...networkIdentifier, vpcIdentifier: "vpc-{run}" },
  },
  listed: { vpcId: "vpc-{run}", serviceNetworkName: "network-{run}", status: "ACTIVE" },
  updates: [
    {
      step: {
        call: "UpdateServiceNetworkVpcAssociation",
        with: { ...vpcAssociationIdentifier, securityGroupIds: ["sg-0123456789abcdef1", "sg-0123456789abcdef2"] },
        gives: { id: "{association.id}", createdBy: "{account}" },
      },
      shows: { status: "ACTIVE", securityGroupIds: ["sg-0123456789abcdef1", "sg-0123456789abcdef2"] },
    },
  ],
  meanwhile: [
    inUse("VPC"),
    {
      call: "UpdateServiceNetworkVpcAssociation",
      with: { ...vpcAssociationIdentifier, securityGroupIds: ["sg-SHOUTED"] },
      fails: {
        type: "ValidationException",
        members: { fieldList: [{ name: expect.stringContaining("securityGroupIds") }] },
      },
    },
    {
      call: "ListServiceNetworkVpcAssociations",
      with: { vpcIdentifier: "vpc-{run}" },
      gives: { items: [{ id: "{association.id}", serviceNetworkArn: "{network.arn}" }] },
    },
  ],
  remove: { call: "DeleteServiceNetworkVpcAssociation", with: vpcAssociationIdentifier },
  after: [noNetwork],
};

const subscriptionIdentifier = { accessLogSubscriptionIdentifier: "{subscription.id}" };

export const accessLogSubscription: Lifecycle = {
  kind: "an access log subscription",
  name: "subscription",
  type: "ACCESS_LOG_SUBSCRIPTION",
  before: [aNetwork],
  create: {
    call: "CreateAccessLogSubscription",
    with: { resourceIdentifier: "{network.id}", destinationArn: "arn:aws:s3:::logs-{run}" },
    gives: { resourceId: "{network.id}", destinationArn: "arn:aws:s3:::logs-{run}" },
  },
  id: /^als-0[0-9a-f]{16}$/,
  unique: true,
  settles: false,
  get: { call: "GetAccessLogSubscription", with: subscriptionIdentifier },
  shows: {
    resourceId: "{network.id}",
    resourceArn: "{network.arn}",
    destinationArn: "arn:aws:s3:::logs-{run}",
    serviceNetworkLogType: "SERVICE",
    lastUpdatedAt: aTime,
  },
  list: { call: "ListAccessLogSubscriptions", with: { resourceIdentifier: "{network.arn}" } },
  listed: { resourceArn: "{network.arn}", destinationArn: "arn:aws:s3:::logs-{run}" },
  updates: [
    {
      step: {
        call: "UpdateAccessLogSubscription",
        with: { ...subscriptionIdentifier, destinationArn: "arn:aws:s3:::logs-{run}/prefix" },
        gives: { destinationArn: "arn:aws:s3:::logs-{run}/prefix" },
        lacks: ["serviceNetworkLogType"],
      },
      shows: { destinationArn: "arn:aws:s3:::logs-{run}/prefix", resourceArn: "{network.arn}" },
    },
  ],
  meanwhile: [
    {
      call: "UpdateAccessLogSubscription",
      with: {
        ...subscriptionIdentifier,
        destinationArn: "arn:aws:firehose:us-west-2:{account}:deliverystream/logs",
      },
      fails: { type: "ConflictException", members: { resourceType: "ACCESS_LOG_SUBSCRIPTION" } },
    },
  ],
  remove: { call: "DeleteAccessLogSubscription", with: subscriptionIdentifier },
  after: [noNetwork],
};
