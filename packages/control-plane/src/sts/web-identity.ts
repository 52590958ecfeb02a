/** Who an OpenID Connect token stands for, once verified. */
export interface WebIdentity {
  /** Issuer without `https://`: the provider's name in trust policies, `arn:aws:iam::…:oidc-provider/<provider>`. */
  readonly provider: string;
  readonly subject: string;
  readonly audience: readonly string[];
  /** Every claim of the token. */
  readonly claims: Readonly<Record<string, unknown>>;
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

/** Verifies a token's signature, issuer and times. @throws WebIdentityError */
export type WebIdentityVerifier = (token: string, now: Date) => Promise<WebIdentity>;
