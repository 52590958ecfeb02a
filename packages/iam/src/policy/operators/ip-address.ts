import { type Cidr, type IpAddress, parseAddress, parseCidr } from "../ip-range.ts";
import { patternText } from "../pattern.ts";
import { anyOf, withNegation } from "./operator.ts";

const contains =
  ({ address, masks }: Cidr) =>
  (seen: IpAddress): boolean => {
    if (seen.length !== address.length) return false;
    for (let i = 0; i < masks.length; i += 1) {
      if ((((seen[i] as number) ^ (address[i] as number)) & (masks[i] as number)) !== 0) return false;
    }
    return true;
  };

export const ipAddressOperators = withNegation(
  {
    name: "IpAddress",
    wildcards: false,
    variables: true,
    problem: (value) =>
      parseCidr(patternText(value)) === undefined
        ? "is no IP address or CIDR block; write `10.0.0.0/8`, `192.0.2.7` or `2001:db8::/32`"
        : undefined,
    compile: (values) => {
      const test = anyOf(values.map((value) => contains(parseCidr(patternText(value)) as Cidr)));
      return (seen) => {
        const address = parseAddress(seen);
        return address === undefined ? undefined : test(address);
      };
    },
  },
  "NotIpAddress",
);
