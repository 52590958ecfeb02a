import type { Lifecycle } from "./lifecycle.ts";
import { listener, rule } from "./listeners-and-rules.ts";
import { accessLogSubscription, serviceAssociation, serviceNetwork, vpcAssociation } from "./networks.ts";
import { domainVerification, resourceAssociation, resourceConfiguration, resourceGateway } from "./resources.ts";
import { service } from "./services.ts";
import { targetGroup } from "./target-groups.ts";

/** Every kind of resource that the API can create. */
export const lifecycles: readonly Lifecycle[] = [
  service,
  listener,
  rule,
  targetGroup,
  serviceNetwork,
  serviceAssociation,
  vpcAssociation,
  accessLogSubscription,
  resourceGateway,
  resourceConfiguration,
  resourceAssociation,
  domainVerification,
];
