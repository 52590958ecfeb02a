import { BlockList, isIP } from "node:net";
import { plainAddress } from "./loopback.ts";

/** A range of addresses. */
export interface Cidr {
  readonly address: string;
  readonly family: "ipv4" | "ipv6";
  /** Leading bits that count. */
  readonly bits: number;
}

/** @returns undefined for what is no CIDR range */
export function parseCidr(value: unknown): Cidr | undefined {
  const match = typeof value === "string" && value.length <= 64 ? /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(value) : null;
  const [, address = "", digits = ""] = match ?? [];
  const version = isIP(address);
  const bits = Number(digits);
  if (version === 0 || bits > (version === 4 ? 32 : 128)) return undefined;
  return { address, family: version === 4 ? "ipv4" : "ipv6", bits };
}

const maxCidrs = 100;

/** What a setting of load balancers must do, for whom `parseCidrs` gives undefined. */
export const cidrsRule = "be the addresses of the load balancers, such as `10.0.0.0/16,fd00::/8`, at most 100 ranges";

/** @param text ranges with commas between them. @returns undefined when one is none, or there are more than 100 */
export function parseCidrs(text: string): readonly Cidr[] | undefined {
  const cidrs = text.split(",").map((one) => parseCidr(one.trim()));
  const good = cidrs.filter((cidr) => cidr !== undefined);
  return good.length === cidrs.length && good.length <= maxCidrs ? good : undefined;
}

/** @returns a function that says whether an address, as a socket shows it, lies in one of the ranges */
export function isWithin(cidrs: readonly Cidr[]): (address: string) => boolean {
  const list = new BlockList();
  for (const { address, bits, family } of cidrs) list.addSubnet(address, bits, family);
  return (address) => {
    const plain = plainAddress(address);
    const version = isIP(plain);
    return version !== 0 && list.check(plain, version === 4 ? "ipv4" : "ipv6");
  };
}
