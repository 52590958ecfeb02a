import { BlockList, isIPv4, isIPv6 } from "node:net";
import type { SourceVpc, TargetDirectory, VpcDirectory } from "@pergola/core";
import type { LocalConfig, VpcEntry } from "./local-config.ts";
import { plainAddress } from "./loopback.ts";

/**
 * @param vpcs undefined when none are configured
 * @returns the directory; where CIDRs overlap the longest prefix decides
 */
export function createVpcDirectory(vpcs: readonly VpcEntry[] | undefined): VpcDirectory {
  if (vpcs === undefined) return { vpcOf: () => "any" };
  const ranges = vpcs
    .flatMap(({ vpcId, account, cidrs }) => cidrs.map((cidr) => ({ cidr, vpc: { vpcId, account } })))
    .sort((a, b) => b.cidr.bits - a.cidr.bits)
    .map(({ cidr, vpc }) => {
      const list = new BlockList();
      list.addSubnet(cidr.address, cidr.bits, cidr.family);
      return { list, family: cidr.family, vpc };
    });
  return {
    vpcOf(address: string): SourceVpc | undefined {
      const plain = plainAddress(address);
      const family = isIPv4(plain) ? "ipv4" : isIPv6(plain) ? "ipv6" : undefined;
      if (family === undefined) return undefined;
      return ranges.find((range) => range.family === family && range.list.check(plain, family))?.vpc;
    },
  };
}

/** @returns the addresses of instances and load balancers that the file names */
export function createTargetDirectory({ instances, loadBalancers }: LocalConfig): TargetDirectory {
  return { addressOf: ({ type, id }) => (type === "INSTANCE" ? instances : loadBalancers).get(id) };
}
