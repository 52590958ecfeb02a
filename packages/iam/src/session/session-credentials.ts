import type { Credential } from "../credential.ts";
import type { Keyring } from "./keyring.ts";
import { type IssuerPolicies, openSession, type SessionClaims, sessionCredential } from "./session-token.ts";

/** Sessions remembered; a new token costs an AES-GCM open and a parse, about 30 µs, so forgetting is no harm. */
const maxRemembered = 10_000;

/** Characters; 144 bits of a ciphertext. */
const endLength = 24;

export interface SessionCredentialsOptions {
  keyring(): Keyring;
  /** The issuer's policies as they are now; undefined when they are not known, and then they are not evaluated. */
  issuerPolicies(claims: Pick<SessionClaims, "issuer" | "issuerId">): IssuerPolicies | undefined;
}

export interface SessionCredentials {
  /** @returns the credential of a session token, or undefined when it is not one of ours or names another access key */
  find(accessKeyId: string, token: string): Credential | undefined;
  /** Forgets everything: issuers' policies or keys have changed. */
  forget(): void;
  /** Tokens remembered now. */
  readonly size: number;
}

/** Opens session tokens and remembers them, so that a session's compiled policies are shared by all its requests. */
export function createSessionCredentials({ keyring, issuerPolicies }: SessionCredentialsOptions): SessionCredentials {
  // By the tokens' ends, which differ as much as the whole and are hashed in a tenth of the time.
  let remembered = new Map<string, Credential>();
  let previous = new Map<string, Credential>();

  const remember = (end: string, credential: Credential): Credential => {
    // Two generations: the older half goes when the younger is full, and what is in use moves over.
    if (remembered.size >= maxRemembered / 2) {
      previous = remembered;
      remembered = new Map();
    }
    remembered.set(end, credential);
    return credential;
  };
  const open = (sent: string): Credential | undefined => {
    const claims = openSession(keyring(), sent);
    if (claims === undefined) return undefined;
    // A copy: what is kept must not keep the head that it came in.
    const token = Buffer.from(sent, "latin1").toString("latin1");
    return remember(token.slice(-endLength), sessionCredential(claims, token, issuerPolicies(claims)));
  };
  return {
    find(accessKeyId, token) {
      const end = token.slice(-endLength);
      let credential = remembered.get(end);
      if (credential === undefined) {
        credential = previous.get(end);
        if (credential !== undefined) remember(end, credential);
      }
      if (credential?.sessionToken !== token) credential = open(token);
      return credential?.accessKeyId === accessKeyId ? credential : undefined;
    },
    forget() {
      remembered = new Map();
      previous = new Map();
    },
    get size() {
      return remembered.size + previous.size;
    },
  };
}
