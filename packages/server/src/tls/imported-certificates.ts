import { createSecureContext, type SecureContext } from "node:tls";
import { type Certificate, certificateKey, coverage, isInDate, parseCertificateArn } from "@pergola/control-plane";
import { type Clock, type ConfigStore, type Key, type Logger, owners, type ServiceSnapshot } from "@pergola/core";
import type { LeafCertificates } from "./leaf-certificates.ts";
import { serviceOfGeneratedName } from "./served-names.ts";

export interface ImportedCertificatePorts {
  readonly store: ConfigStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** @returns the private key in PEM, or undefined when it was not sealed here or was changed */
  openKey(sealed: string): string | undefined | Promise<string | undefined>;
}

export interface ImportedCertificates extends LeafCertificates {
  /** Stops following the store. */
  close(): void;
}

interface Choice {
  /** undefined: no certificate was imported for the name. */
  readonly context: SecureContext | undefined;
  readonly until: number;
}

const maxChoices = 1_000;
/** How long a choice stands while nothing changes: certificates begin and end by themselves. */
const choiceMs = 60_000;

/**
 * Chooses among imported certificates for names of services: for a custom domain name the one that the service names, else one of its
 * account and region that covers the name, by itself before a wildcard, the newest first. Choices are forgotten whenever something changes that they
 * depend on.
 */
export function createImportedCertificates(ports: ImportedCertificatePorts): ImportedCertificates {
  const { store, clock } = ports;
  const choices = new Map<string, Choice>();
  /** Counts changes: a choice that was begun before one is not kept. */
  let changes = 0;
  const stop = store.watch((keys) => {
    if (!keys.some(isRelevant)) return;
    changes += 1;
    choices.clear();
  });

  const choose = async (name: string): Promise<SecureContext | undefined> => {
    const before = changes;
    const certificate = await findCertificate(ports, name);
    const context = certificate && (await openContext(ports, certificate));
    if (before !== changes) return context;
    const [oldest] = choices.keys();
    if (choices.size >= maxChoices && oldest !== undefined) choices.delete(oldest);
    choices.set(name, { context, until: clock.now().getTime() + choiceMs });
    return context;
  };

  return {
    async contextFor(serverName) {
      const name = serverName.toLowerCase();
      if (name.length > 253) return undefined;
      const known = choices.get(name);
      return known !== undefined && clock.now().getTime() < known.until ? known.context : await choose(name);
    },
    close: stop,
  };
}

/** @returns certificates from the first source that has one for a name */
export function firstOf(...sources: readonly LeafCertificates[]): LeafCertificates {
  return {
    async contextFor(serverName) {
      for (const source of sources) {
        const context = await source.contextFor(serverName);
        if (context !== undefined) return context;
      }
      return undefined;
    },
  };
}

function isRelevant({ owner }: Key): boolean {
  return (
    owner === owners.serviceSnapshots || owner.startsWith("domain/") || /^\d{12}\/[^/]+\/certificates$/.test(owner)
  );
}

async function findCertificate(ports: ImportedCertificatePorts, name: string): Promise<Certificate | undefined> {
  const { store, clock } = ports;
  const { items } = await store.list(owners.domain(name), { limit: 10 });
  for (const { id } of items) {
    const service = (await store.get<ServiceSnapshot>({ owner: owners.serviceSnapshots, id }))?.value;
    if (service === undefined) continue;
    const found = await namedBy(store, service);
    if (found !== undefined && coverage(found, name) > 0 && isInDate(found, clock.now())) return found;
    const other = await bestOf(ports, service, name);
    if (other !== undefined) return other;
  }
  const generated = await serviceOfGeneratedName(store, name);
  return generated && bestOf(ports, generated, name);
}

async function namedBy(store: ConfigStore, service: ServiceSnapshot): Promise<Certificate | undefined> {
  const located = parseCertificateArn(service.certificateArn ?? "");
  // A certificate is its account's: another's is not served for it, even if it is here.
  if (located === undefined || located.account !== service.account || located.region !== service.region)
    return undefined;
  return (await store.get<Certificate>(certificateKey(located, located.id)))?.value;
}

async function bestOf(
  { store, clock }: ImportedCertificatePorts,
  scope: ServiceSnapshot,
  name: string,
): Promise<Certificate | undefined> {
  const now = clock.now();
  let best: Certificate | undefined;
  const { items } = await store.list<Certificate>(owners.certificates(scope), { limit: 1_000 });
  for (const { value } of items) {
    if (coverage(value, name) === 0 || !isInDate(value, now)) continue;
    if (best === undefined || isBetter(value, best, name)) best = value;
  }
  return best;
}

function isBetter(a: Certificate, b: Certificate, name: string): boolean {
  const difference = coverage(a, name) - coverage(b, name);
  return difference === 0 ? a.importedAt > b.importedAt : difference > 0;
}

/** One that cannot be opened is as good as none: the local authority's serves then. */
async function openContext(
  { openKey, logger }: ImportedCertificatePorts,
  { arn, certificate, chain = "", sealedKey }: Certificate,
): Promise<SecureContext | undefined> {
  const key = await openKey(sealedKey);
  if (key === undefined) {
    logger.error("an imported certificate's private key cannot be opened with this deployment's keys", {
      certificate: arn,
    });
    return undefined;
  }
  return createSecureContext({ cert: `${certificate}${chain}`, key, minVersion: "TLSv1.2" });
}
