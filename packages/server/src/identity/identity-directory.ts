import { identityOwners, type StoredAccessKey, userKey } from "@pergola/control-plane";
import type { Clock, ConfigStore, Key, Logger } from "@pergola/core";
import {
  type Credential,
  type CredentialSource,
  createSessionCredentials,
  type IssuerPolicies,
  type RoleIdentity,
  Secret,
  seal,
  type UserIdentity,
  unseal,
  userPrincipal,
} from "@pergola/iam";
import type { KeyFile } from "./keyring-file.ts";

/** Every identity that can sign: those of pergola.json, users with access keys from the store, and sessions. */
export interface IdentityDirectory {
  readonly credentials: CredentialSource;
  /** @returns the identity of pergola.json with exactly this ARN */
  findIdentity(arn: string): Credential | undefined;
  sealSecret(secret: string): string;
  /** Resolves when every change that was told of so far is in force. */
  settled(): Promise<void>;
  close(): void;
}

const purpose = "access-key";
const pageSize = 1_000;

interface Known {
  readonly users: Map<string, UserIdentity>;
  readonly roles: Map<string, RoleIdentity>;
  readonly accessKeys: Map<string, StoredAccessKey>;
}

/**
 * Loads the store's identities and follows its changes: looking up an access key never waits.
 * @param configured identities of pergola.json; their access keys win over the store's
 */
export async function openIdentityDirectory(
  configured: readonly Credential[],
  keys: KeyFile,
  { store, clock, logger }: { readonly store: ConfigStore; readonly clock: Clock; readonly logger: Logger },
): Promise<IdentityDirectory> {
  const known: Known = { users: new Map(), roles: new Map(), accessKeys: new Map() };
  const byAccessKey = new Map(configured.map((identity) => [identity.accessKeyId, identity]));
  let fromStore = new Map<string, Credential>();
  const sessions = createSessionCredentials({
    keyring: () => keys.sessions(clock.now()),
    issuerPolicies: (arn) => issuerPolicies(arn, configured, known),
  });
  const derive = (): void => {
    fromStore = new Map([...known.accessKeys.values()].flatMap((stored) => toCredential(stored, known, keys, logger)));
    sessions.forget();
  };
  await Promise.all([
    loadAll(store, identityOwners.users, known.users),
    loadAll(store, identityOwners.roles, known.roles),
    loadAll(store, identityOwners.accessKeys, known.accessKeys),
  ]);
  derive();

  let pending = Promise.resolve();
  const stop = store.watch((changed) => {
    const ours = changed.filter(({ owner }) => mapOf(owner, known) !== undefined);
    if (ours.length === 0) return;
    pending = pending
      .then(() => reload(store, ours, known))
      .then(derive)
      .catch((error: unknown) =>
        logger.error("changed identities could not be read; the last ones stay in force", { error }),
      );
  });
  return {
    credentials: (accessKeyId, token) => {
      const own = byAccessKey.get(accessKeyId) ?? fromStore.get(accessKeyId);
      return own ?? (token === undefined ? undefined : sessions.find(accessKeyId, token));
    },
    findIdentity: (arn) => configured.find(({ principal }) => principal.arn === arn),
    sealSecret: (secret) => seal(keys.secrets, purpose, Buffer.from(secret)),
    settled: () => pending,
    close: stop,
  };
}

function mapOf(owner: string, known: Known): Map<string, unknown> | undefined {
  if (owner === identityOwners.users) return known.users;
  if (owner === identityOwners.roles) return known.roles;
  return owner === identityOwners.accessKeys ? known.accessKeys : undefined;
}

async function loadAll<T>(store: ConfigStore, owner: string, into: Map<string, T>): Promise<void> {
  let after = "";
  for (;;) {
    const { items, more } = await store.list<T>(owner, { after, limit: pageSize });
    for (const { id, value } of items) into.set(id, value);
    after = items.at(-1)?.id ?? "";
    if (!more) return;
  }
}

async function reload(store: ConfigStore, keys: readonly Key[], known: Known): Promise<void> {
  for (const key of keys) {
    const item = await store.get(key);
    const map = mapOf(key.owner, known);
    if (item === undefined) map?.delete(key.id);
    else map?.set(key.id, item.value);
  }
}

/** An access key whose user is gone, or whose secret cannot be opened, is none. */
function toCredential(stored: StoredAccessKey, known: Known, keys: KeyFile, logger: Logger): [string, Credential][] {
  const user = known.users.get(userKey(stored.account, stored.userName).id);
  const secret = unseal(keys.secrets, purpose, stored.sealedSecret);
  if (user === undefined) return [];
  if (secret === undefined) {
    logger.error("an access key's secret cannot be opened with keys.json: the key is refused", {
      accessKeyId: stored.accessKeyId,
    });
    return [];
  }
  const credential: Credential = {
    accessKeyId: stored.accessKeyId,
    secret: new Secret(secret.toString("utf8")),
    principal: userPrincipal(user),
    ...policiesOf(user),
  };
  return [[stored.accessKeyId, credential]];
}

function policiesOf({ identityPolicies, permissionBoundary }: IssuerPolicies): IssuerPolicies {
  return {
    ...(identityPolicies === undefined ? {} : { identityPolicies }),
    ...(permissionBoundary === undefined ? {} : { permissionBoundary }),
  };
}

/** A session whose role or user has been deleted has nobody to vouch for it: it may do nothing. */
const nothing: IssuerPolicies = { identityPolicies: [] };

function issuerPolicies(
  { issuer, issuerId }: { readonly issuer: string; readonly issuerId?: string },
  configured: readonly Credential[],
  { users, roles }: Known,
): IssuerPolicies {
  const identity = configured.find(({ principal }) => principal.arn === issuer);
  if (identity !== undefined) return policiesOf(identity);
  const [, , , , account = "", resource = ""] = issuer.split(":");
  const id = `${account}/${resource.slice(resource.lastIndexOf("/") + 1)}`;
  const found = resource.startsWith("role/") ? roles.get(id) : users.get(id);
  return found?.arn === issuer && found.uniqueId === issuerId ? policiesOf(found) : nothing;
}
