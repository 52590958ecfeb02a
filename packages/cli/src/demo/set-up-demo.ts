import type { VPCLatticeClient } from "@aws-sdk/client-vpc-lattice";
import { setUpNetwork } from "./set-up-network.ts";
import { setUpService } from "./set-up-service.ts";
import { setUpTargetGroups } from "./set-up-target-groups.ts";

export interface DemoOptions {
  /** EC2 instance id that the server has an address for. */
  readonly instanceId: string;
  /** Where the instance's program listens. */
  readonly instancePort: number;
  readonly functionArn: string;
  readonly accountId: string;
  readonly region: string;
  /** The VPCs that clients are in; the first is also the instance's. */
  readonly vpcIds?: readonly string[];
  /** Told of each step when it is done. */
  readonly onStep?: (step: DemoStep) => void;
}

/** One call of the API. */
export interface DemoStep {
  readonly title: string;
  /** The AWS CLI command that does the same. */
  readonly awsCli: string;
  /** False when an earlier run had done it. */
  readonly done: boolean;
}

/** What the demo made or found. */
export interface DemoSetup {
  readonly instanceTargetGroupId: string;
  readonly functionTargetGroupId: string;
  readonly serviceId: string;
  readonly serviceArn: string;
  /** The service's DNS name. */
  readonly domainName: string;
  readonly listenerId: string;
  readonly networkId: string;
  readonly networkArn: string;
  readonly vpcIds: readonly string[];
  readonly logGroupArn: string;
  readonly logBucketArn: string;
}

/** Two VPCs that stand for any. */
export const demoVpcIds = ["vpc-0aaa1111bbb2222cc", "vpc-0ddd3333eee4444ff"] as const;

/**
 * Sets up an example with nothing but the AWS SDK: a service with an instance and a function behind it by weight and by path,
 * an auth policy, a network with two VPCs, access logs of both. What an earlier run made is found by its name and kept.
 * @throws what the API answers
 */
export async function setUpDemo(client: VPCLatticeClient, options: DemoOptions): Promise<DemoSetup> {
  const { vpcIds = demoVpcIds, accountId, region } = options;
  const logGroupArn = `arn:aws:logs:${region}:${accountId}:log-group:/pergola/my-service`;
  const logBucketArn = "arn:aws:s3:::my-network-logs";
  const groups = await setUpTargetGroups(client, { ...options, vpcIds });
  const service = await setUpService(client, { ...options, ...groups, logGroupArn });
  const network = await setUpNetwork(client, { ...options, vpcIds, serviceId: service.serviceId, logBucketArn });
  return { ...groups, ...service, ...network, vpcIds, logGroupArn, logBucketArn };
}
