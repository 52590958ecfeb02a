/** An OpenID Connect provider whose tokens are accepted. */
export interface OidcProvider {
  /** `https://…`, exactly as in the tokens' `iss`. */
  readonly issuer: string;
  /** Client ids of which one has to be in `aud`. */
  readonly audiences: readonly string[];
  /** Where the keys are; default: what the issuer's discovery document says. */
  readonly jwksUri?: string;
}

/** Who an OpenID Connect token stands for, once verified. */
export interface WebIdentity {
  /** As in the token. */
  readonly issuer: string;
  /** Issuer without `https://`: the provider's name in trust policies, `arn:aws:iam::…:oidc-provider/<provider>`. */
  readonly provider: string;
  readonly subject: string;
  readonly audience: readonly string[];
  /** Every claim of the token. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** From then on the token is too old. */
  readonly validUntil: Date;
}

/** The token is not to be trusted: unknown issuer, bad signature, expired, or it could not be checked. */
export class WebIdentityError extends Error {
  override readonly name = "WebIdentityError";
  readonly reason: "invalid" | "expired" | "unreachable";

  constructor(reason: WebIdentityError["reason"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Verifies a token's signature, issuer, audience and times. @throws WebIdentityError */
export type WebIdentityVerifier = (token: string, now: Date) => Promise<WebIdentity>;
