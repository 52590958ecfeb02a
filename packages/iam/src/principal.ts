/** Who is calling. However it was proved (signature, session token, function URL), the result is this. */
export type Principal = AnonymousPrincipal | AwsPrincipal;

export interface AnonymousPrincipal {
  readonly kind: "anonymous";
}

export interface AwsPrincipal {
  readonly kind: "aws";
  /**
   * The ARN that logs and denials name: `arn:aws:iam::…:user/n`, `arn:aws:sts::…:assumed-role/role/session`,
   * `arn:aws:sts::…:federated-user/n` or `arn:aws:iam::…:root`.
   */
  readonly arn: string;
  /** Twelve digits. */
  readonly account: string;
  /** `aws:PrincipalType`. */
  readonly type: "Account" | "User" | "AssumedRole" | "FederatedUser";
  /** The role behind a session (`arn:aws:iam::…:role/path/name`): what `Principal` elements and `aws:PrincipalArn` name. */
  readonly roleArn?: string;
  /** `aws:userid`. */
  readonly userId?: string;
  /** `aws:username`; users only. */
  readonly username?: string;
  readonly sessionName?: string;
  readonly orgId?: string;
  readonly orgPaths?: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

/** The caller that no signature came from. */
export const anonymous: AnonymousPrincipal = { kind: "anonymous" };
