import { Resolver } from "node:dns/promises";
import type { TxtResolver } from "@pergola/core";

const timeoutMs = 3_000;
const tries = 2;
/** The name is not there, or has no such record: an answer, and not a failure. */
const absent: ReadonlySet<unknown> = new Set(["ENOTFOUND", "ENODATA"]);

/**
 * Looks up TXT records at a DNS server, past the system's caches and hosts file.
 * @param server an IP address with or without port; default the system's servers
 */
export function createTxtResolver(server: string | undefined): TxtResolver {
  const resolver = new Resolver({ timeout: timeoutMs, tries });
  if (server !== undefined) resolver.setServers([server]);
  return {
    async resolveTxt(name) {
      try {
        return (await resolver.resolveTxt(name)).map((strings) => strings.join(""));
      } catch (error) {
        if (absent.has((error as NodeJS.ErrnoException).code)) return [];
        throw error;
      }
    },
  };
}
