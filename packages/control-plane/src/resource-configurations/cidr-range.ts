import { BlockList, isIP } from "node:net";

/** Source: CreateResourceConfiguration, API reference, resourceConfigurationDefinition, read 2026-11. */
const reserved = ["169.254.0.0/16", "100.64.0.0/10", "224.0.0.0/4", "fe80::/10", "ff00::/8"];

/** @returns what is wrong with the ranges of a CIDR resource, as the end of «cidrRanges …», or undefined */
export function cidrFault(ranges: readonly string[]): string | undefined {
  if (new Set(ranges).size < ranges.length) return "must name each range once";
  for (const range of ranges) {
    const parsed = parseCidr(range);
    if (parsed === undefined)
      return `must be ranges with a prefix length such as \`10.0.0.0/16\`, \`${range}\` is none`;
    // The whole of a family stands for a whole network, and for nothing in particular.
    if (parsed.bits === 0) {
      if (ranges.length > 1) return `must hold \`${range}\` alone or not at all`;
      continue;
    }
    const taken = reserved.find((one) => overlap(parsed, parseCidr(one) as Cidr));
    if (taken !== undefined) return `must not overlap the reserved range ${taken}, \`${range}\` does`;
  }
  return undefined;
}

interface Cidr {
  readonly address: string;
  readonly family: "ipv4" | "ipv6";
  readonly bits: number;
}

function parseCidr(text: string): Cidr | undefined {
  const [, address = "", digits = ""] = /^([0-9a-fA-F.:]{2,45})\/(\d{1,3})$/.exec(text) ?? [];
  const version = isIP(address);
  const bits = Number(digits);
  if (version === 0 || digits === "" || bits > (version === 4 ? 32 : 128)) return undefined;
  return { address, family: version === 4 ? "ipv4" : "ipv6", bits };
}

/** Two ranges overlap exactly when one holds the other's address. */
function overlap(a: Cidr, b: Cidr): boolean {
  return a.family === b.family && (holds(a, b) || holds(b, a));
}

function holds(outer: Cidr, inner: Cidr): boolean {
  const list = new BlockList();
  list.addSubnet(outer.address, outer.bits, outer.family);
  return list.check(inner.address, inner.family);
}
