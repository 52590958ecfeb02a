import { BlockList, isIPv6 } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAddress, parseCidr } from "./ip-range.ts";
import { findOperator } from "./operators/operators.ts";

const use = findOperator("IpAddress");
function contains(cidr: string, address: string): boolean | undefined {
  if (use === undefined || use.operator === "Null") throw new Error("no operator");
  return use.operator.compile([[{ kind: "text", text: cidr }]])(address);
}

describe("IP ranges", () => {
  it("hold the addresses that Node's own lists hold", () => {
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6().filter((text) => !text.includes(".")),
    );
    fc.assert(
      fc.property(address, address, fc.integer({ min: 0, max: 128 }), (base, other, bits) => {
        const version = isIPv6(base) ? "ipv6" : "ipv4";
        const prefix = version === "ipv4" ? bits % 33 : bits;
        const list = new BlockList();
        list.addSubnet(base, prefix, version);
        for (const seen of [base, other]) {
          if (isIPv6(seen) && /^(?:0*:)*:?(?:ffff|FFFF):/.test(seen)) continue;
          expect(contains(`${base}/${prefix}`, seen)).toBe(isIPv6(seen) === isIPv6(base) && list.check(seen, version));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    "",
    "10",
    "10.0.0",
    "10.0.0.0/",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/08",
    "10.0.0.0/8/8",
    "::/129",
    ":::",
    "1::2::3",
    "fe80::1%eth0",
    "::ffff:1.2.3.4/95",
    "010.0.0.1",
    " 10.0.0.1",
    "1".repeat(1000),
  ])("%j is none", (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });

  it("take IPv4 mapped into IPv6 as IPv4", () => {
    expect(parseAddress("::ffff:10.1.2.3")).toEqual(parseAddress("10.1.2.3"));
    expect(contains("::ffff:10.0.0.0/104", "10.1.2.3")).toBe(true);
    expect(contains("::ffff:10.0.0.0/104", "11.1.2.3")).toBe(false);
    expect(parseAddress("fe80::1%eth0")).toEqual(parseAddress("fe80::1"));
  });
});
