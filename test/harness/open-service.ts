import type { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { freshName, newService } from "./lattice-resources.ts";
import { sceneVpcId } from "./scene.ts";

/** A service in a network that the scene's VPC is associated with; no listener yet. */
export interface OpenService {
  readonly id: string;
  /** The service's DNS name. */
  readonly host: string;
  readonly networkId: string;
  readonly serviceAssociationId: string;
  readonly vpcAssociationId: string;
}

export const authTypes = { open: "NONE", iam: "AWS_IAM" } as const;

/**
 * Makes a service that the scene's clients reach.
 * @param auth of the service and the network; with `iam` everything is denied until policies are put on both
 */
export async function openService(client: VPCLattice, auth: keyof typeof authTypes = "open"): Promise<OpenService> {
  const authType = authTypes[auth];
  const { id } = await newService(client, { authType });
  const { dnsEntry } = await client.getService({ serviceIdentifier: id });
  const network = await client.createServiceNetwork({ name: freshName("network"), authType });
  const networkId = present(network.id);
  const at = { serviceNetworkIdentifier: networkId };
  const ofService = await client.createServiceNetworkServiceAssociation({ ...at, serviceIdentifier: id });
  const ofVpc = await client.createServiceNetworkVpcAssociation({ ...at, vpcIdentifier: sceneVpcId });
  return {
    id,
    host: present(dnsEntry?.domainName),
    networkId,
    serviceAssociationId: present(ofService.id),
    vpcAssociationId: present(ofVpc.id),
  };
}

/** @throws Error when the API left the value out */
export function present(value: string | undefined): string {
  if (value === undefined) throw new Error("the API left a value out");
  return value;
}

/** @returns the text of an auth policy of these statements, all of them on invoking anything */
export function policyOf(...statements: readonly object[]): string {
  const common = { Principal: "*", Action: "vpc-lattice-svcs:Invoke", Resource: "*" };
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: statements.map((statement) => ({ Effect: "Allow", ...common, ...statement })),
  });
}

/** Two access logs of a service: a log group and a bucket, each of that service alone. */
export interface LogPlaces {
  readonly group: string;
  readonly bucket: string;
}

/** Sends the access log of a service to a CloudWatch log group and an S3 bucket. */
export async function logToBoth(client: VPCLattice, resourceIdentifier: string): Promise<LogPlaces> {
  const places = { group: freshName("pergola/logs"), bucket: freshName("service-logs") };
  const groupArn = `arn:aws:logs:us-west-2:123456789012:log-group:/${places.group}`;
  await client.createAccessLogSubscription({ resourceIdentifier, destinationArn: groupArn });
  await client.createAccessLogSubscription({ resourceIdentifier, destinationArn: `arn:aws:s3:::${places.bucket}` });
  return places;
}
