import { conflict, notFound } from "@pergola/core";
import { newAccessKeyId, newSecretAccessKey } from "@pergola/iam";
import { required, text } from "../constraint.ts";
import { operation } from "../operation.ts";
import { findUser } from "./get-identity.ts";
import { accessKeyKey, identityOwners, type StoredAccessKey } from "./identity-keys.ts";
import { identityName } from "./identity-members.ts";

/** Source: IAM quotas, access keys for each user, read 2026-11. */
const maxKeysOfUser = 2;

/**
 * CreateAccessKey (Pergola's own API). The answer is the one place where the secret is shown; the store has it sealed.
 */
export const createAccessKey = operation({ name: required(identityName) }, async ({ name }, context) => {
  const { tx, now, identities } = context;
  const { key, value: user } = await findUser(context, name);
  const keys = await tx.all<StoredAccessKey>(identityOwners.accessKeys);
  const own = keys.filter((accessKey) => accessKey.account === user.account && accessKey.userName === name);
  if (own.length >= maxKeysOfUser) {
    throw conflict(
      "ACCESS_KEY",
      own[0]?.accessKeyId ?? "",
      `user \`${name}\` has ${maxKeysOfUser} access keys already; delete one first`,
    );
  }
  const accessKeyId = newAccessKeyId("long-lived");
  const secretAccessKey = newSecretAccessKey();
  const createdAt = now.toISOString();
  const stored: StoredAccessKey = {
    accessKeyId,
    account: user.account,
    userName: name,
    sealedSecret: identities.sealSecret(secretAccessKey),
    createdAt,
  };
  tx.create(accessKeyKey(accessKeyId), stored);
  // The user is written too: two keys made at once cannot both be the last that is allowed.
  tx.put(key, user);
  return { accessKeyId, secretAccessKey, createdAt };
});

/** DeleteAccessKey (Pergola's own API): signatures by it are refused from the next request on. */
export const deleteAccessKey = operation(
  { accessKeyId: required(text({ min: 16, max: 128, pattern: /^[A-Z0-9]+$/, form: "an access key id" })) },
  async ({ accessKeyId }, { tx, caller }) => {
    const key = accessKeyKey(accessKeyId);
    const stored = await tx.get<StoredAccessKey>(key);
    if (stored?.account !== caller.account) throw notFound("ACCESS_KEY", accessKeyId);
    tx.delete(key);
  },
);
