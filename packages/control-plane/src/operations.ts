import { createAccessLogSubscription } from "./access-log-subscriptions/create-access-log-subscription.ts";
import { deleteAccessLogSubscription } from "./access-log-subscriptions/delete-access-log-subscription.ts";
import { getAccessLogSubscription } from "./access-log-subscriptions/get-access-log-subscription.ts";
import { listAccessLogSubscriptions } from "./access-log-subscriptions/list-access-log-subscriptions.ts";
import { updateAccessLogSubscription } from "./access-log-subscriptions/update-access-log-subscription.ts";
import { deleteAuthPolicy } from "./auth-policies/delete-auth-policy.ts";
import { getAuthPolicy } from "./auth-policies/get-auth-policy.ts";
import { putAuthPolicy } from "./auth-policies/put-auth-policy.ts";
import { deleteDomainVerification } from "./domain-verifications/delete-domain-verification.ts";
import { getDomainVerification } from "./domain-verifications/get-domain-verification.ts";
import { listDomainVerifications } from "./domain-verifications/list-domain-verifications.ts";
import { startDomainVerification } from "./domain-verifications/start-domain-verification.ts";
import { createListener } from "./listeners/create-listener.ts";
import { deleteListener } from "./listeners/delete-listener.ts";
import { getListener } from "./listeners/get-listener.ts";
import { listListeners } from "./listeners/list-listeners.ts";
import { updateListener } from "./listeners/update-listener.ts";
import type { Operation } from "./operation.ts";
import { createResourceConfiguration } from "./resource-configurations/create-resource-configuration.ts";
import { deleteResourceConfiguration } from "./resource-configurations/delete-resource-configuration.ts";
import { getResourceConfiguration } from "./resource-configurations/get-resource-configuration.ts";
import { listResourceConfigurations } from "./resource-configurations/list-resource-configurations.ts";
import { updateResourceConfiguration } from "./resource-configurations/update-resource-configuration.ts";
import { deleteResourceEndpointAssociation } from "./resource-endpoint-associations/delete-resource-endpoint-association.ts";
import { listResourceEndpointAssociations } from "./resource-endpoint-associations/list-resource-endpoint-associations.ts";
import { createResourceGateway } from "./resource-gateways/create-resource-gateway.ts";
import { deleteResourceGateway } from "./resource-gateways/delete-resource-gateway.ts";
import { getResourceGateway } from "./resource-gateways/get-resource-gateway.ts";
import { listResourceGateways } from "./resource-gateways/list-resource-gateways.ts";
import { updateResourceGateway } from "./resource-gateways/update-resource-gateway.ts";
import { deleteResourcePolicy } from "./resource-policies/delete-resource-policy.ts";
import { getResourcePolicy } from "./resource-policies/get-resource-policy.ts";
import { putResourcePolicy } from "./resource-policies/put-resource-policy.ts";
import { batchUpdateRule } from "./rules/batch-update-rule.ts";
import { createRule } from "./rules/create-rule.ts";
import { deleteRule } from "./rules/delete-rule.ts";
import { getRule } from "./rules/get-rule.ts";
import { listRules } from "./rules/list-rules.ts";
import { updateRule } from "./rules/update-rule.ts";
import { createServiceNetworkResourceAssociation } from "./service-network-resource-associations/create-service-network-resource-association.ts";
import { deleteServiceNetworkResourceAssociation } from "./service-network-resource-associations/delete-service-network-resource-association.ts";
import { getServiceNetworkResourceAssociation } from "./service-network-resource-associations/get-service-network-resource-association.ts";
import { listServiceNetworkResourceAssociations } from "./service-network-resource-associations/list-service-network-resource-associations.ts";
import { createServiceNetworkServiceAssociation } from "./service-network-service-associations/create-service-network-service-association.ts";
import { deleteServiceNetworkServiceAssociation } from "./service-network-service-associations/delete-service-network-service-association.ts";
import { getServiceNetworkServiceAssociation } from "./service-network-service-associations/get-service-network-service-association.ts";
import { listServiceNetworkServiceAssociations } from "./service-network-service-associations/list-service-network-service-associations.ts";
import { createServiceNetworkVpcAssociation } from "./service-network-vpc-associations/create-service-network-vpc-association.ts";
import { deleteServiceNetworkVpcAssociation } from "./service-network-vpc-associations/delete-service-network-vpc-association.ts";
import { getServiceNetworkVpcAssociation } from "./service-network-vpc-associations/get-service-network-vpc-association.ts";
import { listServiceNetworkVpcAssociations } from "./service-network-vpc-associations/list-service-network-vpc-associations.ts";
import { updateServiceNetworkVpcAssociation } from "./service-network-vpc-associations/update-service-network-vpc-association.ts";
import { listServiceNetworkVpcEndpointAssociations } from "./service-network-vpc-endpoint-associations/list-service-network-vpc-endpoint-associations.ts";
import { createServiceNetwork } from "./service-networks/create-service-network.ts";
import { deleteServiceNetwork } from "./service-networks/delete-service-network.ts";
import { getServiceNetwork } from "./service-networks/get-service-network.ts";
import { listServiceNetworks } from "./service-networks/list-service-networks.ts";
import { updateServiceNetwork } from "./service-networks/update-service-network.ts";
import { createService } from "./services/create-service.ts";
import { deleteService } from "./services/delete-service.ts";
import { getService } from "./services/get-service.ts";
import { listServices } from "./services/list-services.ts";
import { updateService } from "./services/update-service.ts";
import { listTagsForResource } from "./tags/list-tags-for-resource.ts";
import { tagResource } from "./tags/tag-resource.ts";
import { untagResource } from "./tags/untag-resource.ts";
import { createTargetGroup } from "./target-groups/create-target-group.ts";
import { deleteTargetGroup } from "./target-groups/delete-target-group.ts";
import { deregisterTargets } from "./target-groups/deregister-targets.ts";
import { getTargetGroup } from "./target-groups/get-target-group.ts";
import { listTargetGroups } from "./target-groups/list-target-groups.ts";
import { listTargets } from "./target-groups/list-targets.ts";
import { registerTargets } from "./target-groups/register-targets.ts";
import { updateTargetGroup } from "./target-groups/update-target-group.ts";

/** Every operation that Pergola has, by its name in the API. One that a newer API adds answers 501 until it is here. */
export const operations: Readonly<Record<string, Operation>> = {
  CreateService: createService,
  GetService: getService,
  ListServices: listServices,
  UpdateService: updateService,
  DeleteService: deleteService,
  CreateListener: createListener,
  GetListener: getListener,
  ListListeners: listListeners,
  UpdateListener: updateListener,
  DeleteListener: deleteListener,
  CreateRule: createRule,
  GetRule: getRule,
  ListRules: listRules,
  UpdateRule: updateRule,
  BatchUpdateRule: batchUpdateRule,
  DeleteRule: deleteRule,
  CreateTargetGroup: createTargetGroup,
  GetTargetGroup: getTargetGroup,
  ListTargetGroups: listTargetGroups,
  UpdateTargetGroup: updateTargetGroup,
  DeleteTargetGroup: deleteTargetGroup,
  RegisterTargets: registerTargets,
  DeregisterTargets: deregisterTargets,
  ListTargets: listTargets,
  CreateServiceNetwork: createServiceNetwork,
  GetServiceNetwork: getServiceNetwork,
  ListServiceNetworks: listServiceNetworks,
  UpdateServiceNetwork: updateServiceNetwork,
  DeleteServiceNetwork: deleteServiceNetwork,
  CreateServiceNetworkServiceAssociation: createServiceNetworkServiceAssociation,
  GetServiceNetworkServiceAssociation: getServiceNetworkServiceAssociation,
  ListServiceNetworkServiceAssociations: listServiceNetworkServiceAssociations,
  DeleteServiceNetworkServiceAssociation: deleteServiceNetworkServiceAssociation,
  CreateServiceNetworkVpcAssociation: createServiceNetworkVpcAssociation,
  GetServiceNetworkVpcAssociation: getServiceNetworkVpcAssociation,
  ListServiceNetworkVpcAssociations: listServiceNetworkVpcAssociations,
  UpdateServiceNetworkVpcAssociation: updateServiceNetworkVpcAssociation,
  DeleteServiceNetworkVpcAssociation: deleteServiceNetworkVpcAssociation,
  CreateAccessLogSubscription: createAccessLogSubscription,
  GetAccessLogSubscription: getAccessLogSubscription,
  ListAccessLogSubscriptions: listAccessLogSubscriptions,
  UpdateAccessLogSubscription: updateAccessLogSubscription,
  DeleteAccessLogSubscription: deleteAccessLogSubscription,
  PutAuthPolicy: putAuthPolicy,
  GetAuthPolicy: getAuthPolicy,
  DeleteAuthPolicy: deleteAuthPolicy,
  CreateResourceGateway: createResourceGateway,
  GetResourceGateway: getResourceGateway,
  ListResourceGateways: listResourceGateways,
  UpdateResourceGateway: updateResourceGateway,
  DeleteResourceGateway: deleteResourceGateway,
  CreateResourceConfiguration: createResourceConfiguration,
  GetResourceConfiguration: getResourceConfiguration,
  ListResourceConfigurations: listResourceConfigurations,
  UpdateResourceConfiguration: updateResourceConfiguration,
  DeleteResourceConfiguration: deleteResourceConfiguration,
  CreateServiceNetworkResourceAssociation: createServiceNetworkResourceAssociation,
  GetServiceNetworkResourceAssociation: getServiceNetworkResourceAssociation,
  ListServiceNetworkResourceAssociations: listServiceNetworkResourceAssociations,
  DeleteServiceNetworkResourceAssociation: deleteServiceNetworkResourceAssociation,
  ListServiceNetworkVpcEndpointAssociations: listServiceNetworkVpcEndpointAssociations,
  ListResourceEndpointAssociations: listResourceEndpointAssociations,
  DeleteResourceEndpointAssociation: deleteResourceEndpointAssociation,
  StartDomainVerification: startDomainVerification,
  GetDomainVerification: getDomainVerification,
  ListDomainVerifications: listDomainVerifications,
  DeleteDomainVerification: deleteDomainVerification,
  PutResourcePolicy: putResourcePolicy,
  GetResourcePolicy: getResourcePolicy,
  DeleteResourcePolicy: deleteResourcePolicy,
  TagResource: tagResource,
  UntagResource: untagResource,
  ListTagsForResource: listTagsForResource,
};
