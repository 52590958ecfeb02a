import type { SharingAction } from "@pergola/iam";
import type { SharedKind } from "./shared-resource.ts";

/**
 * What a resource policy may allow, by kind of resource: reading it, listing its associations and associating it. Source of the names:
 * VPC Lattice service authorization reference and the example of PutResourcePolicy; the lists of AWS's own sharing permissions are not
 * published, read 2026-11.
 */
export const sharedActions: Readonly<Record<SharedKind, readonly SharingAction[]>> = {
  sn: [
    "vpc-lattice:CreateServiceNetworkServiceAssociation",
    "vpc-lattice:CreateServiceNetworkVpcAssociation",
    "vpc-lattice:CreateServiceNetworkResourceAssociation",
    "vpc-lattice:CreateServiceNetworkVpcEndpointAssociation",
    "vpc-lattice:GetServiceNetwork",
    "vpc-lattice:ListServiceNetworks",
    "vpc-lattice:ListServiceNetworkServiceAssociations",
    "vpc-lattice:ListServiceNetworkVpcAssociations",
    "vpc-lattice:ListServiceNetworkResourceAssociations",
    "vpc-lattice:ListServiceNetworkVpcEndpointAssociations",
  ],
  svc: [
    "vpc-lattice:CreateServiceNetworkServiceAssociation",
    "vpc-lattice:GetService",
    "vpc-lattice:ListServices",
    "vpc-lattice:ListServiceNetworkServiceAssociations",
  ],
  rcfg: [
    "vpc-lattice:CreateServiceNetworkResourceAssociation",
    "vpc-lattice:AssociateViaAWSService",
    "vpc-lattice:AssociateViaAWSService-EventsAndStates",
    "vpc-lattice:GetResourceConfiguration",
    "vpc-lattice:ListResourceConfigurations",
    "vpc-lattice:ListServiceNetworkResourceAssociations",
    "vpc-lattice:ListResourceEndpointAssociations",
  ],
};
