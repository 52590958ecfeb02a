import {
  type Clock,
  type ConfigStore,
  type DomainVerification,
  type Key,
  owners,
  type Scope,
  type Stored,
  type TxtResolver,
  VersionConflict,
} from "@pergola/core";
import { domainVerificationKeys } from "./verification-keys.ts";

const hours = 3_600_000;
/** How long the record may not be seen, from the start or from when it was last seen. AWS does not document its own figure; ACM's is 72. */
const timeOutMs = 72 * hours;
/** How often a verified domain is looked up again. */
const recheckMs = 24 * hours;
const lookupsAtOnce = 8;

/** What `verifyDomains` needs from its host. */
export interface VerifierPorts {
  readonly store: ConfigStore;
  readonly clock: Clock;
  readonly resolver: TxtResolver;
}

/** What one round came to, by domain name. */
export interface VerifiedDomains {
  readonly verified: readonly string[];
  readonly timedOut: readonly string[];
  /** Nobody knows: the DNS did not answer. It is asked again in the next round. */
  readonly failed: readonly { readonly domainName: string; readonly error: unknown }[];
  /** Where a round that ran out of time stopped: what the next one takes as `after`. */
  readonly stoppedAfter?: string;
}

export interface VerifyRange {
  /** As `stoppedAfter`; default: from the beginning. */
  readonly after?: string;
  /** Epoch milliseconds from which no lookup begins; default: none. */
  readonly until?: number;
}

/**
 * One round over all accounts' domain verifications: looks up the TXT record of each that is pending, and once a day of each that is
 * verified. A host calls it on a timer, one round after the other.
 * @throws when the store fails; a failing DNS is part of the result
 */
export async function verifyDomains(
  ports: VerifierPorts,
  { after = "", until = Number.POSITIVE_INFINITY }: VerifyRange = {},
): Promise<VerifiedDomains> {
  const verified: string[] = [];
  const timedOut: string[] = [];
  const failed: { domainName: string; error: unknown }[] = [];
  const verify = async (pointer: Pointer): Promise<void> => {
    const item = await ports.store.get<DomainVerification>(domainVerificationKeys(pointer).self);
    if (item === undefined || !isDue(item.value, ports.clock.now())) return;
    const { domainName } = item.value;
    const lookup = await isProven(ports.resolver, item.value);
    if ("error" in lookup) failed.push({ domainName, error: lookup.error });
    const changed = afterLookup(item.value, "isSeen" in lookup && lookup.isSeen, ports.clock.now());
    if (changed === undefined || !(await replace(ports.store, item, changed))) return;
    if (changed.status === "VERIFIED") verified.push(domainName);
    else timedOut.push(domainName);
  };
  for await (const { pointers, stoppedAfter } of watchedDomains(ports.store, after)) {
    if (ports.clock.now().getTime() >= until) return { verified, timedOut, failed, stoppedAfter };
    await Promise.all(pointers.map(verify));
  }
  return { verified, timedOut, failed };
}

type Pointer = Scope & { readonly id: string };

/** @returns pages, each with where the one before ended */
async function* watchedDomains(
  store: ConfigStore,
  from: string,
): AsyncGenerator<{ readonly pointers: readonly Pointer[]; readonly stoppedAfter: string }> {
  let after = from;
  for (;;) {
    const page = await store.list<Pointer>(owners.watchedDomains, {
      after,
      limit: lookupsAtOnce,
    });
    yield { pointers: page.items.map(({ value }) => value), stoppedAfter: after };
    const last = page.items.at(-1);
    if (!page.more || last === undefined) return;
    after = last.id;
  }
}

function isDue({ status, lastVerifiedTime }: DomainVerification, now: Date): boolean {
  if (status !== "VERIFIED") return status === "PENDING";
  return lastVerifiedTime === undefined || now.getTime() - Date.parse(lastVerifiedTime) >= recheckMs;
}

async function isProven(
  resolver: TxtResolver,
  { domainName, txtMethodConfig: { name, value } }: DomainVerification,
): Promise<{ readonly isSeen: boolean } | { readonly error: unknown }> {
  try {
    const records = await resolver.resolveTxt(`${name}.${domainName}`);
    return { isSeen: records.includes(value) };
  } catch (error) {
    return { error };
  }
}

/** @returns the verification as a lookup leaves it, or undefined when nothing changes */
function afterLookup(verification: DomainVerification, isSeen: boolean, now: Date): DomainVerification | undefined {
  const time = now.toISOString();
  if (isSeen) return { ...verification, status: "VERIFIED", lastVerifiedTime: time, lastUpdatedAt: time };
  const since = Date.parse(verification.lastVerifiedTime ?? verification.createdAt);
  if (now.getTime() - since < timeOutMs) return undefined;
  return { ...verification, status: "VERIFICATION_TIMED_OUT", lastUpdatedAt: time };
}

/** @returns false when the verification was changed or deleted meanwhile: the next round sees it as it is then */
async function replace(
  store: ConfigStore,
  { owner, id, version }: Stored,
  value: DomainVerification,
): Promise<boolean> {
  const key: Key = { owner, id };
  try {
    await store.transact([{ kind: "put", key, value, expect: { version } }]);
    return true;
  } catch (error) {
    if (error instanceof VersionConflict) return false;
    throw error;
  }
}
