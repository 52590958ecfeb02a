import type { KeyObject } from "node:crypto";
import type { Credential } from "../credential.ts";
import { BoundedCache } from "./bounded-cache.ts";
import type { Derived } from "./derived-key.ts";
import { deriveEcdsaPublicKey } from "./ecdsa-key.ts";
import type { SignatureClaim } from "./signature-claim.ts";
import { deriveSigningKey, type SigningKey } from "./signing-key.ts";

const generationSize = 4096;

/** Derived keys of the access keys in use: deriving costs 50 µs (HMAC) to 300 µs (ECDSA), a look-up nothing to speak of. */
export interface KnownKeys {
  hmacKey(credential: Credential, claim: SignatureClaim): SigningKey;
  ecdsaKey(credential: Credential): KeyObject;
}

/** @returns a bounded cache of derived keys for one region and service */
export function createKnownKeys(region: string, service: string): KnownKeys {
  const hmacKeys = new BoundedCache<Derived<SigningKey>>(generationSize);
  const ecdsaKeys = new BoundedCache<Derived<KeyObject>>(generationSize);
  return {
    hmacKey({ accessKeyId, secret }, claim) {
      const text = secret.reveal();
      if (claim.derived !== undefined && claim.derived.secret === text) return claim.derived.key;
      claim.derived = remember(hmacKeys, `${accessKeyId}/${claim.date}`, text, () =>
        deriveSigningKey(text, claim.date, region, service),
      );
      return claim.derived.key;
    },
    ecdsaKey({ accessKeyId, secret }) {
      const text = secret.reveal();
      return remember(ecdsaKeys, accessKeyId, text, () => deriveEcdsaPublicKey(accessKeyId, text)).key;
    },
  };
}

function remember<K>(cache: BoundedCache<Derived<K>>, name: string, secret: string, derive: () => K): Derived<K> {
  const known = cache.get(name);
  if (known !== undefined && known.secret === secret) return known;
  const derived = { secret, key: derive() };
  cache.set(name, derived);
  return derived;
}
