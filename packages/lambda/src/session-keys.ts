import { type CredentialSource, createSessionCredentials, type Keyring } from "@pergola/iam";

/** Where the keys come from that session tokens are sealed with. */
export interface SessionKeys {
  /** @returns the keys in force, or undefined when there are none: then no session is known, and its requests are refused */
  current(): Keyring | undefined;
}

/**
 * @returns the credentials of session tokens that these keys open. Long-lived access keys are not known on Lambda: looking them up
 * would cost a read on every request, and whoever signs with one can exchange it for a session
 */
export function sessionCredentialSource(keys: SessionKeys): CredentialSource {
  const sessions = createSessionCredentials({
    keyring: () => keys.current() ?? noKeys,
    // What the issuer's own policies are now, Pergola does not know on AWS: they are not evaluated.
    issuerPolicies: () => undefined,
  });
  return (accessKeyId, token) => (token === undefined ? undefined : sessions.find(accessKeyId, token));
}

const noKeys: Keyring = { keys: [] };
