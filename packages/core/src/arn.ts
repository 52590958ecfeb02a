import { type IdPrefix, isResourceId, resourceKinds } from "./resource-id.ts";

/** Where a resource lives. */
export interface Scope {
  /** Twelve digits. */
  readonly account: string;
  readonly region: string;
}

export interface LatticeArn extends Scope {
  readonly partition: string;
  readonly prefix: IdPrefix;
  readonly id: string;
  /** The service of a listener or rule. */
  readonly serviceId?: string;
  /** The listener of a rule. */
  readonly listenerId?: string;
}

/** @returns the partition that a region belongs to: `aws`, `aws-cn` or `aws-us-gov` */
export function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  if (region.startsWith("us-gov-")) return "aws-us-gov";
  return "aws";
}

function latticeArn({ region, account }: Scope, resource: string): string {
  return `arn:${partitionOf(region)}:vpc-lattice:${region}:${account}:${resource}`;
}

/** @returns the ARN of a resource that stands on its own (all but listeners and rules) */
export function resourceArn(scope: Scope, prefix: Exclude<IdPrefix, "listener" | "rule">, id: string): string {
  return latticeArn(scope, `${resourceKinds[prefix]}/${id}`);
}

/** @returns the ARN of a listener, which names its service */
export function listenerArn(scope: Scope, serviceId: string, listenerId: string): string {
  return latticeArn(scope, `service/${serviceId}/listener/${listenerId}`);
}

/** @returns the ARN of a rule, which names its service and listener */
export function ruleArn(scope: Scope, serviceId: string, listenerId: string, ruleId: string): string {
  return latticeArn(scope, `service/${serviceId}/listener/${listenerId}/rule/${ruleId}`);
}

/** @returns the ARN by which logs, headers and events name a VPC */
export function vpcArn(region: string, account: string, vpcId: string): string {
  return `arn:${partitionOf(region)}:ec2:${region}:${account}:vpc/${vpcId}`;
}

const arnPattern = /^arn:(aws[a-z-]*):vpc-lattice:([a-z0-9-]+):([0-9]{12}):([a-z]+)\/([a-z0-9/-]+)$/;
const maxArnLength = 2048;

/** @returns the parts of a Lattice ARN, or undefined when `text` is none of the kinds that Pergola has */
export function parseLatticeArn(text: string): LatticeArn | undefined {
  if (text.length > maxArnLength) return undefined;
  const match = arnPattern.exec(text);
  if (match === null) return undefined;
  const [, partition = "", region = "", account = "", kind = "", path = ""] = match;
  const scope = { partition, region, account };
  const parts = path.split("/");
  if (kind === "service") return parseServicePath(scope, parts);
  const [id = ""] = parts;
  const prefix = prefixes.find((candidate) => resourceKinds[candidate] === kind);
  if (prefix === undefined || parts.length !== 1 || !isResourceId(prefix, id)) return undefined;
  return { ...scope, prefix, id };
}

const prefixes = Object.keys(resourceKinds) as IdPrefix[];

function parseServicePath(scope: Scope & { partition: string }, parts: string[]): LatticeArn | undefined {
  const [serviceId = "", listenerWord, listenerId = "", ruleWord, ruleId = ""] = parts;
  if (!isResourceId("svc", serviceId)) return undefined;
  if (parts.length === 1) return { ...scope, prefix: "svc", id: serviceId };
  if (listenerWord !== "listener" || !isResourceId("listener", listenerId)) return undefined;
  if (parts.length === 3) return { ...scope, prefix: "listener", id: listenerId, serviceId };
  if (parts.length !== 5 || ruleWord !== "rule" || !isResourceId("rule", ruleId)) return undefined;
  return { ...scope, prefix: "rule", id: ruleId, serviceId, listenerId };
}
