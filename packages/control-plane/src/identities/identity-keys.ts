import type { Key } from "@pergola/core";

/** Where users, roles and access keys are in the store. They belong to an account, not to a region. */
export const identityOwners = {
  users: (account: string): string => `${account}/identities/users`,
  roles: (account: string): string => `${account}/identities/roles`,
  /** Every access key of the deployment: keys are looked up before the account is known. */
  accessKeys: "identities/access-keys",
} as const;

export function userKey(account: string, name: string): Key {
  return { owner: identityOwners.users(account), id: name };
}

export function roleKey(account: string, name: string): Key {
  return { owner: identityOwners.roles(account), id: name };
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
