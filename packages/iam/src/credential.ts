import type { AwsPrincipal } from "./principal.ts";

/** A secret that never shows in logs, errors or JSON. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** @returns the secret itself; only for signing and sealing */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return "[redacted]";
  }

  toJSON(): string {
    return "[redacted]";
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "[redacted]";
  }
}

/** An access key that Pergola knows, with the principal it stands for. */
export interface Credential {
  readonly accessKeyId: string;
  readonly secret: Secret;
  /** Present for temporary credentials: the request has to carry exactly this token. */
  readonly sessionToken?: string;
  /** The source has found it by its whole session token, so that of the request is this one: it is not compared once more. */
  readonly isFoundByToken?: true;
  /** ISO 8601; from then on the credential is expired. */
  readonly expiresAt?: string;
  readonly principal: AwsPrincipal;
  /** Identity policies of the principal as JSON texts; absent when they are not known, and then they are not evaluated. */
  readonly identityPolicies?: readonly string[];
  readonly permissionBoundary?: string;
  readonly sessionPolicies?: readonly string[];
}

/**
 * Where access keys are looked up. Synchronous: it is on the path of every signed request.
 * @returns the credential, or undefined for a key that is not known
 */
export type CredentialSource = (accessKeyId: string, sessionToken: string | undefined) => Credential | undefined;
