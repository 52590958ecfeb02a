import type { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { AddressSource } from "./address-source.ts";

/** DNS names of application load balancers, by ARN: their addresses change, their names do not. */
export function loadBalancerAddresses(open: () => Promise<ElasticLoadBalancingV2Client>): AddressSource {
  const describe = async (arns: readonly string[], abortSignal: AbortSignal): Promise<Map<string, string>> => {
    const [client, sdk] = await Promise.all([open(), import("@aws-sdk/client-elastic-load-balancing-v2")]);
    const command = new sdk.DescribeLoadBalancersCommand({ LoadBalancerArns: [...arns] });
    try {
      const { LoadBalancers = [] } = await client.send(command, { abortSignal });
      const named = LoadBalancers.map(({ LoadBalancerArn = "", DNSName = "" }) => [LoadBalancerArn, DNSName] as const);
      return new Map(named.filter(([arn, name]) => arn !== "" && name !== ""));
    } catch (error) {
      if (!isUnknown(error)) throw error;
      if (arns.length === 1) return new Map();
    }
    // One unknown load balancer fails the whole request: halves find it without asking for each.
    const middle = Math.ceil(arns.length / 2);
    const first = await describe(arns.slice(0, middle), abortSignal);
    const second = await describe(arns.slice(middle), abortSignal);
    return new Map([...first, ...second]);
  };
  // Source: ELB API reference, DescribeLoadBalancers, read 2026-11: at most 20 ARNs.
  return { maxIds: 20, find: describe };
}

function isUnknown(error: unknown): boolean {
  const { name } = error as Error;
  return name === "LoadBalancerNotFoundException" || name === "LoadBalancerNotFound" || name === "ValidationError";
}
