import { createSecureContext, type SecureContext } from "node:tls";
import type { Clock } from "@pergola/core";
import type { KeyPair } from "./certificate-issuer.ts";

export interface LeafCertificates {
  /**
   * @param serverName as the client sent it in SNI
   * @returns the context with a certificate for the name, or undefined when nothing answers to it
   */
  contextFor(serverName: string): Promise<SecureContext | undefined>;
}

interface Leaf {
  readonly context: SecureContext;
  readonly renewAt: number;
}

const validDays = 90;
const renewDaysBefore = 30;
const maxLeaves = 1_000;
const namePattern = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/**
 * Makes certificates for server names at the first handshake and keeps the 1,000 that were used last. They live in memory:
 * clients trust the authority, so a restart may make new ones.
 * @param isServed asked before a certificate is made
 */
export function createLeafCertificates(
  authority: KeyPair,
  isServed: (serverName: string) => Promise<boolean>,
  clock: Clock,
): LeafCertificates {
  /** In order of last use. */
  const leaves = new Map<string, Leaf>();
  const underWay = new Map<string, Promise<SecureContext | undefined>>();

  const issue = async (name: string): Promise<SecureContext | undefined> => {
    if (!(await isServed(name))) return undefined;
    const { issueLeaf } = await import("./certificate-issuer.ts");
    const now = clock.now();
    const [ecdsa, rsa] = await Promise.all([
      issueLeaf(authority, name, now, validDays),
      issueLeaf(authority, name, now, validDays, "rsa"),
    ]);
    const context = createSecureContext({
      cert: [ecdsa, rsa].map(({ certificate }) => `${certificate}\n${authority.certificate}`),
      key: [ecdsa.key, rsa.key],
      minVersion: "TLSv1.2",
    });
    keep(name, { context, renewAt: ecdsa.notAfter.getTime() - renewDaysBefore * 86_400_000 });
    return context;
  };
  const keep = (name: string, leaf: Leaf): void => {
    leaves.delete(name);
    leaves.set(name, leaf);
    const [oldest] = leaves.keys();
    if (leaves.size > maxLeaves && oldest !== undefined) leaves.delete(oldest);
  };

  return {
    async contextFor(serverName) {
      const name = serverName.toLowerCase();
      if (!namePattern.test(name)) return undefined;
      const leaf = leaves.get(name);
      if (leaf !== undefined && clock.now().getTime() < leaf.renewAt) {
        keep(name, leaf);
        return leaf.context;
      }
      const issuing = underWay.get(name) ?? issue(name).finally(() => underWay.delete(name));
      underWay.set(name, issuing);
      return await issuing;
    },
  };
}
