import type { CredentialSource } from "../credential.ts";
import type { Keyring, SealingKey } from "./keyring.ts";
import { createSessionCredentials } from "./session-credentials.ts";

/** Where the keys come from that session tokens are sealed with. */
export interface SessionKeys {
  /** @returns the keys in force, or undefined when there are none: then no session is known, and its requests are refused */
  current(): Keyring | undefined;
}

/**
 * @returns the credentials of session tokens that these keys open; when a key is gone, so is whatever it has sealed. Long-lived access
 * keys are not known on AWS: looking them up would cost a read on every request, and whoever signs with one can exchange it for a session
 */
export function sessionCredentialSource(keys: SessionKeys): CredentialSource {
  let known: readonly SealingKey[] = [];
  const sessions = createSessionCredentials({
    keyring: () => ({ keys: known }),
    // What the issuer's own policies are now, Pergola does not know on AWS: they are not evaluated.
    issuerPolicies: () => undefined,
  });
  const noteKeys = (): void => {
    const now = keys.current()?.keys ?? [];
    if (now === known) return;
    // INVARIANT (revocation): opened tokens are remembered, and must not outlive the key.
    if (known.some(({ id }) => !now.some((one) => one.id === id))) sessions.forget();
    known = now;
  };
  return (accessKeyId, token) => {
    if (token === undefined) return undefined;
    noteKeys();
    return sessions.find(accessKeyId, token);
  };
}
