import { lookup, Resolver } from "node:dns/promises";
import type { AddressResolver, Clock } from "@pergola/core";

const timeoutMs = 3_000;
const tries = 2;
/** Names that are kept. */
const maxNames = 1_000;
/** How long an answer stands, in seconds, whatever its record says; the system says nothing about times. */
const leastTtl = 1;
const mostTtl = 60;
const systemTtl = 5;
const absentTtl = 1;
/** How long the last answer stands in for one that cannot be had, in milliseconds. */
const staleMs = 300_000;
/** The name is not there, or has no such record: an answer, and not a failure. */
const absent: ReadonlySet<unknown> = new Set(["ENOTFOUND", "ENODATA"]);

interface Answer {
  readonly addresses: readonly string[];
  /** Seconds. */
  readonly ttl: number;
}

interface Known {
  readonly addresses: readonly string[];
  /** Epoch milliseconds. */
  readonly freshUntil: number;
  readonly usableUntil: number;
}

type Family = "IPV4" | "IPV6";
type AddressLookup = (name: string, family: Family) => Promise<Answer>;

/**
 * Looks up addresses, each name once for all who ask at one time, and remembers the answers for as long as they say.
 * @param look asks; default the system's resolver, hosts file included
 */
export function createAddressResolver(clock: Clock, look: AddressLookup = askSystem): AddressResolver {
  const known = new Map<string, Known>();
  const underWay = new Map<string, Promise<readonly string[]>>();
  const keep = (key: string, { addresses, ttl }: Answer): readonly string[] => {
    const now = clock.now().getTime();
    const seconds = Math.min(mostTtl, Math.max(leastTtl, addresses.length === 0 ? absentTtl : ttl));
    known.delete(key);
    known.set(key, { addresses, freshUntil: now + seconds * 1_000, usableUntil: now + staleMs });
    const [oldest] = known.keys();
    if (known.size > maxNames && oldest !== undefined) known.delete(oldest);
    return addresses;
  };
  const ask = async (key: string, name: string, family: Family): Promise<readonly string[]> => {
    try {
      return keep(key, await look(name, family));
    } catch (error) {
      const last = known.get(key);
      if (last === undefined || clock.now().getTime() >= last.usableUntil) throw error;
      return last.addresses;
    }
  };
  return {
    async addressesOf(domainName, family) {
      const key = `${family} ${domainName.toLowerCase()}`;
      const last = known.get(key);
      if (last !== undefined && clock.now().getTime() < last.freshUntil) return last.addresses;
      const asking = underWay.get(key) ?? ask(key, domainName, family).finally(() => underWay.delete(key));
      underWay.set(key, asking);
      return await asking;
    },
  };
}

async function askSystem(name: string, family: Family): Promise<Answer> {
  try {
    const found = await inTime(lookup(name, { all: true, family: family === "IPV4" ? 4 : 6 }));
    return { addresses: found.map(({ address }) => address), ttl: systemTtl };
  } catch (error) {
    return whenAbsent(error);
  }
}

/** The system's resolver cannot be told how long it may take. */
async function inTime<T>(answer: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("the system's resolver is silent")), timeoutMs * tries);
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** @param server an IP address with or without port. @returns what asks this server only */
export function askServer(server: string): AddressLookup {
  const resolver = new Resolver({ timeout: timeoutMs, tries });
  resolver.setServers([server]);
  return async (name, family) => {
    try {
      const found = await (family === "IPV4"
        ? resolver.resolve4(name, { ttl: true })
        : resolver.resolve6(name, { ttl: true }));
      return { addresses: found.map(({ address }) => address), ttl: Math.min(...found.map(({ ttl }) => ttl)) };
    } catch (error) {
      return whenAbsent(error);
    }
  };
}

function whenAbsent(error: unknown): Answer {
  if (absent.has((error as NodeJS.ErrnoException).code)) return { addresses: [], ttl: absentTtl };
  throw error;
}
