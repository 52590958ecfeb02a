import type { Key } from "@pergola/core";

/**
 * Where users, roles and access keys are in the store: each kind together, since whoever verifies signatures needs all of them.
 * Identities belong to an account, not to a region.
 */
export const identityOwners = {
  users: "identities/users",
  roles: "identities/roles",
  accessKeys: "identities/access-keys",
} as const;

export function userKey(account: string, name: string): Key {
  return { owner: identityOwners.users, id: `${account}/${name}` };
}

export function roleKey(account: string, name: string): Key {
  return { owner: identityOwners.roles, id: `${account}/${name}` };
}

export function accessKeyKey(accessKeyId: string): Key {
  return { owner: identityOwners.accessKeys, id: accessKeyId };
}

/** An access key as stored. */
export interface StoredAccessKey {
  readonly accessKeyId: string;
  readonly account: string;
  readonly userName: string;
  /** The secret, sealed: the store alone gives nobody a usable key. */
  readonly sealedSecret: string;
  readonly createdAt: string;
}
