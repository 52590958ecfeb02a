import { type CredentialSource, createSessionCredentials, type Keyring, type SealingKey } from "@pergola/iam";

/** Where the keys come from that session tokens are sealed with. */
export interface SessionKeys {
  /** @returns the keys in force, or undefined when there are none: then no session is known, and its requests are refused */
  current(): Keyring | undefined;
}

const keyId = /^[0-9a-f]{8}$/;
const keyText = /^[A-Za-z0-9+/]{43}=$/;

/**
 * Reads the keys of a variable: `<id>:<32 bytes in base64>`, the sealing key first, separated by commas.
 * @throws Error that names the place of a bad key, and nothing of its text
 */
export function sessionKeysFrom(text: string | undefined): SessionKeys {
  if (text === undefined || text === "") return { current: () => undefined };
  const keys = text.split(",").map((part, index): SealingKey => {
    const [id = "", key = "", ...rest] = part.split(":");
    if (!keyId.test(id) || !keyText.test(key) || rest.length > 0) {
      throw new Error(`PERGOLA_SESSION_KEYS: key ${index + 1} has to be 8 hex digits, a colon and 32 bytes in base64`);
    }
    return { id, key: Buffer.from(key, "base64"), createdAt: "1970-01-01T00:00:00Z" };
  });
  const keyring = { keys };
  return { current: () => keyring };
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
