import { BlockList, isIPv4, isIPv6 } from "node:net";
import { type NamedTarget, partitionOf, type Target, type TargetGroup } from "@pergola/core";
import { required, struct, text } from "../constraint.ts";
import { port } from "../field-constraints.ts";
import type { ControlPlaneSettings, OperationContext } from "../operation.ts";

/** A target as it is sent. */
export const targetMembers = struct({
  id: required(text({ min: 1, max: 200, pattern: /^[!-~]+$/, form: "printable ASCII without spaces" })),
  port,
});

export interface TargetInput {
  readonly id: string;
  readonly port?: number;
}

/** Why one target of a request could not be taken, in the wire's names. */
export interface TargetFailure extends TargetInput {
  readonly failureCode: string;
  readonly failureMessage: string;
}

/** @returns the identity of a target: the group's port where none is given, and none at all for functions, which have no use for one */
export function targetIdentity({ type, config }: TargetGroup, { id, port: given }: TargetInput): TargetInput {
  const resolved = type === "LAMBDA" ? undefined : (given ?? config?.port);
  return resolved === undefined ? { id } : { id, port: resolved };
}

/** @returns the target as the directory of addresses knows it; undefined for one whose id is an address or a function, or has no form */
export function namedTarget(group: TargetGroup, { id }: TargetInput): NamedTarget | undefined {
  if (group.type === "INSTANCE") return instancePattern.test(id) ? { type: group.type, id } : undefined;
  if (group.type === "ALB") return isLoadBalancerOf(group, id) ? { type: group.type, id } : undefined;
  return undefined;
}

/** What `targets.addressOf` and the group's type ask of a target's id. @returns why it cannot be a target, or undefined */
export function targetFault(
  context: OperationContext,
  group: TargetGroup,
  { id }: TargetInput,
): Pick<TargetFailure, "failureCode" | "failureMessage"> | undefined {
  if (group.type === "IP") return ipFault(context, group, id);
  if (group.type === "LAMBDA") return isFunctionOf(group, id) ? undefined : invalidTarget(lambdaForm(group));
  const named = namedTarget(group, { id });
  if (named === undefined)
    return invalidTarget(group.type === "INSTANCE" ? "must be an instance id `i-…`" : albForm(group));
  if (context.targets.addressOf(named) !== undefined) return undefined;
  return {
    failureCode: "TargetNotKnown",
    failureMessage: `no address is known for \`${id}\`; locally, give it in pergola.json under \`instances\``,
  };
}

function invalidTarget(failureMessage: string): Pick<TargetFailure, "failureCode" | "failureMessage"> {
  return { failureCode: "InvalidTarget", failureMessage };
}

const instancePattern = /^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/;
const functionPattern =
  /^arn:(aws[a-z-]*):lambda:([a-z0-9-]+):(\d{12}):function:[a-zA-Z0-9_-]{1,64}(?::(?:\$LATEST|[a-zA-Z0-9_-]{1,128}))?$/;
const loadBalancerPattern =
  /^arn:(aws[a-z-]*):elasticloadbalancing:([a-z0-9-]+):(\d{12}):loadbalancer\/app\/[A-Za-z0-9-]{1,32}\/[0-9a-f]{16}$/;

function isFunctionOf(group: TargetGroup, id: string): boolean {
  return liesBeside(group, functionPattern.exec(id));
}

function isLoadBalancerOf(group: TargetGroup, id: string): boolean {
  return liesBeside(group, loadBalancerPattern.exec(id));
}

function liesBeside({ account, region }: TargetGroup, match: RegExpExecArray | null): boolean {
  return match !== null && match[1] === partitionOf(region) && match[2] === region && match[3] === account;
}

function lambdaForm({ account, region }: TargetGroup): string {
  const start = `arn:${partitionOf(region)}:lambda:${region}:${account}`;
  return `must be the ARN of a function in the group's account and region: \`${start}:function:<name>\`, with a version or alias where one is meant`;
}

function albForm({ account, region }: TargetGroup): string {
  const start = `arn:${partitionOf(region)}:elasticloadbalancing:${region}:${account}`;
  return `must be the ARN of an application load balancer in the group's account and region: \`${start}:loadbalancer/app/<name>/<id>\``;
}

/** One list for each family: a list of IPv4 ranges would also let IPv4-mapped IPv6 addresses (`::ffff:10.0.0.1`) through. */
function ranges(family: "ipv4" | "ipv6", ...subnets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [net, prefix] of subnets) list.addSubnet(net, prefix, family);
  return list;
}

const vpcRanges = {
  // Source: VPC Lattice user guide, IP address targets, read 2026-11.
  ipv4: ranges("ipv4", ["10.0.0.0", 8], ["100.64.0.0", 10], ["172.16.0.0", 12], ["192.168.0.0", 16]),
  // Which IPv6 range a VPC has is not known here: global unicast and unique local addresses can be one's.
  ipv6: ranges("ipv6", ["2000::", 3], ["fc00::", 7]),
};
/** In those ranges EC2 serves instance metadata (credentials among them), DNS and time. */
const reserved = ranges("ipv6", ["fd00:ec2::", 32]);
const loopback = { ipv4: ranges("ipv4", ["127.0.0.0", 8]), ipv6: ranges("ipv6", ["::1", 128]) };

function ipFault(
  { settings }: OperationContext,
  { config }: TargetGroup,
  id: string,
): Pick<TargetFailure, "failureCode" | "failureMessage"> | undefined {
  const family = config?.ipAddressType === "IPV6" ? "ipv6" : "ipv4";
  // A scoped address (`fe80::1%eth0`) depends on the machine that reads it.
  const isAddress = family === "ipv6" ? isIPv6(id) && !id.includes("%") : isIPv4(id);
  if (!isAddress) return invalidTarget(`must be an ${family === "ipv6" ? "IPv6" : "IPv4"} address, is \`${id}\``);
  const message = vpcAddressFault(settings, family, id);
  return message === undefined ? undefined : invalidTarget(message);
}

/**
 * @param address of this family
 * @returns why it cannot be an address in a VPC, or undefined; on one's own machine loopback stands for a VPC too
 */
export function vpcAddressFault(
  settings: ControlPlaneSettings,
  family: "ipv4" | "ipv6",
  address: string,
): string | undefined {
  if (loopback[family].check(address, family) && settings.refuseLoopbackTargets !== true) return undefined;
  if (vpcRanges[family].check(address, family) && !reserved.check(address, family)) return undefined;
  return `\`${address}\` is not an address of a VPC: use one in 10.0.0.0/8, 100.64.0.0/10, 172.16.0.0/12, 192.168.0.0/16 or the VPC's IPv6 range`;
}

/** @returns a target as it is stored */
export function newTarget(group: TargetGroup, identity: TargetInput, now: Date): Target {
  return { targetGroupId: group.id, ...identity, registeredAt: now.toISOString() };
}
