import type { Clock, Logger, NamedTarget, TargetDirectory } from "@pergola/core";
import { arnRegion } from "../arn-region.ts";
import { type AwsConnection, clientSettings, regional } from "../aws-connection.ts";
import { type AddressCache, type AddressCacheOptions, addressCache } from "./address-cache.ts";
import { instanceAddresses } from "./instance-addresses.ts";
import { loadBalancerAddresses } from "./load-balancer-addresses.ts";

export interface AwsTargetDirectoryOptions extends Partial<AddressCacheOptions> {
  readonly connection: AwsConnection;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "warn">;
}

export interface AwsTargetDirectory extends TargetDirectory {
  /**
   * Looks up what is unknown or stale. To be awaited before the first request to a target, e.g. when its group is read or it is
   * registered: `addressOf` answers from memory and knows nothing of a target it was never asked for.
   * @throws what AWS says; addresses that were known stay
   */
  resolve(targets: readonly NamedTarget[]): Promise<void>;
  close(): Promise<void>;
}

const defaults: AddressCacheOptions = {
  ttlMs: 60_000,
  negativeTtlMs: 10_000,
  gatherMs: 10,
  timeoutMs: 10_000,
  maxEntries: 20_000,
};
const limits = { requestMs: 5_000, maxAttempts: 3 };

/**
 * Addresses of instances (private IP address) and application load balancers (DNS name), from EC2 and ELB. An address serves for
 * `ttlMs`, then it is looked up anew in the background at its next use while it goes on to serve. Load balancers are looked up in
 * the region of their ARN.
 */
export function createAwsTargetDirectory(options: AwsTargetDirectoryOptions): AwsTargetDirectory {
  const { connection, clock, logger, ...given } = options;
  const settings = { ...defaults, ...given };
  const ec2 = regional(async (region) => {
    const { EC2Client } = await import("@aws-sdk/client-ec2");
    return new EC2Client(clientSettings({ ...connection, region }, limits));
  });
  const elb = regional(async (region) => {
    const { ElasticLoadBalancingV2Client } = await import("@aws-sdk/client-elastic-load-balancing-v2");
    return new ElasticLoadBalancingV2Client(clientSettings({ ...connection, region }, limits));
  });
  const caches = new Map<string, AddressCache>();
  let closed = false;
  const cacheFor = ({ type, id }: NamedTarget): AddressCache => {
    const region = (type === "ALB" ? arnRegion(id) : undefined) ?? connection.region;
    const name = `${type} ${region}`;
    const known = caches.get(name);
    if (known !== undefined) return known;
    const source =
      type === "INSTANCE" ? instanceAddresses(() => ec2.in(region)) : loadBalancerAddresses(() => elb.in(region));
    const cache = addressCache(source, { clock, logger }, settings);
    caches.set(name, cache);
    return cache;
  };
  return {
    addressOf: (target) => (closed ? undefined : cacheFor(target).peek(target.id)),
    async resolve(targets) {
      if (closed) throw new Error("the target directory is closed");
      await Promise.all(targets.map((target) => cacheFor(target).resolve([target.id])));
    },
    async close() {
      closed = true;
      for (const cache of caches.values()) cache.close();
      await Promise.all([ec2.destroy(), elb.destroy()]);
    },
  };
}
