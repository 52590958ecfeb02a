import { isIPv4, isIPv6 } from "node:net";

/**
 * @param host a host name or IP address, IPv6 without brackets
 * @returns whether only this machine can reach it
 */
export function isLoopbackHost(host: string): boolean {
  if (host === "localhost") return true;
  if (isIPv4(host)) return host.startsWith("127.");
  return isIPv6(host) && plainAddress(host) !== host
    ? isLoopbackHost(plainAddress(host))
    : host === "::1" || host === "0:0:0:0:0:0:0:1";
}

/** @returns the IPv4 address inside a mapped one (`::ffff:10.0.0.1`), or the address as it is */
export function plainAddress(address: string): string {
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)?.[1];
  return mapped !== undefined && isIPv4(mapped) ? mapped : address;
}
