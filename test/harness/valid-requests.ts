import type { latticeOperations } from "@pergola/control-plane";
import { forwardTo, notFoundAction } from "./lattice-resources.ts";
import { policyOf } from "./open-service.ts";
import { sharingPolicy, type WholeEstate } from "./whole-estate.ts";

type Input = Readonly<Record<string, unknown>>;
type OperationSchema = (typeof latticeOperations)[number];

const tags = { team: "shop", "cost center": "a/b" };
const common = { clientToken: "a-token", tags };
const vpcIdentifier = "vpc-0abcdefabcdefabcd";

/** @returns a request of every operation that succeeds on a whole estate, with as many members as can be together */
export function validRequests(estate: WholeEstate): Readonly<Record<string, Input>> {
  return {
    ...serviceRequests(estate),
    ...groupRequests(estate),
    ...networkRequests(estate),
    ...policyRequests(estate),
    ...resourceRequests(estate),
  };
}

const page = { maxResults: 10 };

function serviceRequests({ service, freeService, listener, rules, group }: WholeEstate): Record<string, Input> {
  const ofService = { serviceIdentifier: service.id };
  const ofListener = { ...ofService, listenerIdentifier: listener.id };
  const ofRule = { ...ofListener, ruleIdentifier: rules[0].id };
  const headerMatches = [{ name: "x-env", match: { contains: "beta" }, caseSensitive: true }];
  const pathMatch = { match: { exact: "/a" }, caseSensitive: true };
  const match = { httpMatch: { method: "GET", pathMatch, headerMatches } };
  const action = forwardTo(group.id);
  return {
    CreateService: {
      ...common,
      name: "orders",
      customDomainName: "orders.example.com",
      authType: "NONE",
      idleTimeoutSeconds: 90,
      certificateArn: "",
    },
    GetService: ofService,
    ListServices: page,
    UpdateService: { ...ofService, authType: "NONE", idleTimeoutSeconds: 120 },
    DeleteService: { serviceIdentifier: freeService.id },
    CreateListener: { ...ofService, ...common, name: "other", protocol: "HTTP", port: 8080, defaultAction: action },
    GetListener: ofListener,
    ListListeners: { ...ofService, ...page },
    UpdateListener: { ...ofListener, defaultAction: notFoundAction },
    DeleteListener: ofListener,
    CreateRule: { ...ofListener, ...common, name: "route", priority: 30, match, action },
    GetRule: ofRule,
    ListRules: { ...ofListener, ...page },
    UpdateRule: { ...ofRule, priority: 40, match, action },
    BatchUpdateRule: {
      ...ofListener,
      rules: rules.map(({ id }, at) => ({ ruleIdentifier: id, priority: 50 + at, match, action })),
    },
    DeleteRule: ofRule,
  };
}

function groupRequests({ group, freeGroup, target, service }: WholeEstate): Record<string, Input> {
  const ofGroup = { targetGroupIdentifier: group.id };
  const healthCheck = {
    ...{
      enabled: true,
      protocol: "HTTP",
      protocolVersion: "HTTP1",
      port: 8081,
      path: "/health",
      matcher: { httpCode: "200-299" },
    },
    ...{
      healthCheckIntervalSeconds: 20,
      healthCheckTimeoutSeconds: 4,
      healthyThresholdCount: 3,
      unhealthyThresholdCount: 2,
    },
  };
  const config = {
    port: 80,
    protocol: "HTTP",
    protocolVersion: "HTTP1",
    vpcIdentifier,
    ipAddressType: "IPV4",
    healthCheck,
  };
  return {
    CreateTargetGroup: { ...common, name: "other-group", type: "IP", config },
    GetTargetGroup: ofGroup,
    ListTargetGroups: { ...page, vpcIdentifier, targetGroupType: "IP" },
    UpdateTargetGroup: { ...ofGroup, healthCheck },
    DeleteTargetGroup: { targetGroupIdentifier: freeGroup.id },
    RegisterTargets: { ...ofGroup, targets: [{ id: "10.0.0.9", port: 8080 }] },
    DeregisterTargets: { ...ofGroup, targets: [target] },
    ListTargets: { ...ofGroup, ...page, targets: [target] },
    TagResource: { resourceArn: service.arn, tags },
    UntagResource: { resourceArn: service.arn, tagKeys: ["team"] },
    ListTagsForResource: { resourceArn: service.arn },
  };
}

function networkRequests(estate: WholeEstate): Record<string, Input> {
  const { network, freeNetwork, service, freeService, serviceAssociation, vpcAssociation } = estate;
  const ofNetwork = { serviceNetworkIdentifier: network.id };
  const ofService = { serviceNetworkServiceAssociationIdentifier: serviceAssociation.id };
  const ofVpc = { serviceNetworkVpcAssociationIdentifier: vpcAssociation.id };
  const securityGroupIds = ["sg-0123456789abcdef0"];
  const dnsOptions = { privateDnsPreference: "SPECIFIED_DOMAINS_ONLY", privateDnsSpecifiedDomains: ["example.com"] };
  return {
    CreateServiceNetwork: { ...common, name: "other", authType: "AWS_IAM", sharingConfig: { enabled: true } },
    GetServiceNetwork: ofNetwork,
    ListServiceNetworks: page,
    UpdateServiceNetwork: { ...ofNetwork, authType: "AWS_IAM" },
    DeleteServiceNetwork: { serviceNetworkIdentifier: freeNetwork.id },
    CreateServiceNetworkServiceAssociation: { ...common, ...ofNetwork, serviceIdentifier: freeService.id },
    GetServiceNetworkServiceAssociation: ofService,
    ListServiceNetworkServiceAssociations: { ...page, ...ofNetwork, serviceIdentifier: service.id },
    DeleteServiceNetworkServiceAssociation: ofService,
    CreateServiceNetworkVpcAssociation: {
      ...common,
      ...ofNetwork,
      vpcIdentifier,
      securityGroupIds,
      privateDnsEnabled: true,
      dnsOptions,
    },
    GetServiceNetworkVpcAssociation: ofVpc,
    ListServiceNetworkVpcAssociations: { ...page, ...ofNetwork, vpcIdentifier },
    UpdateServiceNetworkVpcAssociation: { ...ofVpc, securityGroupIds },
    DeleteServiceNetworkVpcAssociation: ofVpc,
    ListServiceNetworkVpcEndpointAssociations: { ...page, ...ofNetwork },
  };
}

function policyRequests({ service, freeService, network, subscription }: WholeEstate): Record<string, Input> {
  const ofService = { resourceIdentifier: service.id };
  const ofSubscription = { accessLogSubscriptionIdentifier: subscription.id };
  const destinationArn = "arn:aws:logs:us-west-2:123456789012:log-group:/lattice:*";
  return {
    CreateAccessLogSubscription: {
      ...common,
      resourceIdentifier: network.id,
      destinationArn,
      serviceNetworkLogType: "RESOURCE",
    },
    GetAccessLogSubscription: ofSubscription,
    ListAccessLogSubscriptions: { ...page, ...ofService },
    UpdateAccessLogSubscription: { ...ofSubscription, destinationArn: "arn:aws:s3:::other-logs" },
    DeleteAccessLogSubscription: ofSubscription,
    PutAuthPolicy: { resourceIdentifier: freeService.id, policy: policyOf({}) },
    GetAuthPolicy: ofService,
    DeleteAuthPolicy: ofService,
    PutResourcePolicy: { resourceArn: freeService.arn, policy: sharingPolicy(freeService.arn) },
    GetResourcePolicy: { resourceArn: service.arn },
    DeleteResourcePolicy: { resourceArn: service.arn },
  };
}

function resourceRequests(estate: WholeEstate): Record<string, Input> {
  const { gateway, freeGateway, configuration, freeConfiguration, network, configurationGroup, verification } = estate;
  const ofGateway = { resourceGatewayIdentifier: gateway.id };
  const ofConfiguration = { resourceConfigurationIdentifier: configuration.id };
  const ofAssociation = { serviceNetworkResourceAssociationIdentifier: estate.resourceAssociation.id };
  const ofVerification = { domainVerificationIdentifier: verification.id };
  const securityGroupIds = ["sg-0123456789abcdef0"];
  const resourceConfigurationDefinition = { dnsResource: { domainName: "db.example.com", ipAddressType: "IPV4" } };
  const shareable = { allowAssociationToShareableServiceNetwork: true, portRanges: ["443", "8000-8010"] };
  const gatewaySettings = { ipAddressType: "IPV4", ipv4AddressesPerEni: 4, resourceConfigDnsResolution: "PUBLIC" };
  const ofNetwork = { serviceNetworkIdentifier: network.id };
  return {
    CreateResourceGateway: {
      ...common,
      name: "other",
      vpcIdentifier,
      subnetIds: ["subnet-0123456789abcdef0"],
      securityGroupIds,
      ...gatewaySettings,
    },
    GetResourceGateway: ofGateway,
    ListResourceGateways: page,
    UpdateResourceGateway: { ...ofGateway, securityGroupIds },
    DeleteResourceGateway: { resourceGatewayIdentifier: freeGateway.id },
    CreateResourceConfiguration: {
      ...common,
      ...ofGateway,
      ...shareable,
      name: "other",
      type: "SINGLE",
      protocol: "TCP",
      resourceConfigurationDefinition,
      customDomainName: "db.example.org",
      ...ofVerification,
    },
    GetResourceConfiguration: ofConfiguration,
    ListResourceConfigurations: { ...page, ...ofGateway, resourceConfigurationGroupIdentifier: configurationGroup.id },
    UpdateResourceConfiguration: { ...ofConfiguration, ...shareable, resourceConfigurationDefinition },
    DeleteResourceConfiguration: { resourceConfigurationIdentifier: freeConfiguration.id },
    CreateServiceNetworkResourceAssociation: { ...common, ...ofConfiguration, ...ofNetwork, privateDnsEnabled: false },
    GetServiceNetworkResourceAssociation: ofAssociation,
    ListServiceNetworkResourceAssociations: { ...page, ...ofNetwork, ...ofConfiguration, includeChildren: true },
    DeleteServiceNetworkResourceAssociation: ofAssociation,
    ListResourceEndpointAssociations: {
      ...page,
      ...ofConfiguration,
      vpcEndpointId: "vpce-0123456789abcdef0",
      vpcEndpointOwner: "123456789012",
    },
    DeleteResourceEndpointAssociation: { resourceEndpointAssociationIdentifier: estate.endpointAssociation.id },
    StartDomainVerification: { ...common, domainName: "example.net" },
    GetDomainVerification: ofVerification,
    ListDomainVerifications: page,
    DeleteDomainVerification: ofVerification,
  };
}

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly method: string;
  readonly target: string;
  /** Absent where the operation has no members in its body. */
  readonly body?: Readonly<Record<string, unknown>>;
}

/** Puts the members of an input where the API's schema has them: into path, query and body. */
export function toWire({ method, segments, input: schema }: OperationSchema, input: Input): WireRequest {
  const query = new URLSearchParams();
  const body: Record<string, unknown> = {};
  let hasBody = false;
  for (const [name, member] of schema.structIterator()) {
    const { httpLabel, httpQuery } = member.getMergedTraits();
    if (httpLabel) continue;
    if (httpQuery) for (const value of [input[name] ?? []].flat()) query.append(String(httpQuery), String(value));
    else {
      hasBody = true;
      if (input[name] !== undefined) body[name] = input[name];
    }
  }
  const path = segments.map((segment) =>
    segment.startsWith("{") ? encodeURIComponent(String(input[segment.slice(1, -1)])) : segment,
  );
  const search = query.size === 0 ? "" : `?${query}`;
  return { method, target: `/${path.join("/")}${search}`, ...(hasBody ? { body } : {}) };
}
