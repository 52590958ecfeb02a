import type { Principal } from "./principal.ts";

/**
 * What a policy can ask about a request. Built once a request; keys that cost work (headers, query) are looked up only when a
 * statement asks for them, so the raw forms are here.
 */
export interface AuthContext {
  readonly principal: Principal;
  readonly action: ServiceAction | StsAction | SharingAction;
  /** The service's ARN followed by the path for Invoke (`…/service/svc-…/a/b`, root `…/`), without it for Connect. */
  readonly resource: string;
  readonly serviceArn: string;
  readonly serviceNetworkArn: string;
  /** Owner account of the service: `aws:ResourceAccount`. */
  readonly serviceAccount: string;
  /** Tags of the service: `aws:ResourceTag/…`. */
  readonly serviceTags: Readonly<Record<string, string>>;
  readonly sourceVpc: string | undefined;
  readonly sourceVpcOwnerAccount: string | undefined;
  /** The client's IP address. */
  readonly sourceIp: string;
  /** Listener port. */
  readonly port: number;
  readonly method: string;
  /** Raw path, as the rules see it. */
  readonly path: string;
  /** Raw query without `?`. */
  readonly query: string;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
  /** Whether the request came over TLS. */
  readonly secure: boolean;
  readonly now: Date;
  /** Keys that only this kind of request has, by name in lower case: `sts:externalid`, `aws:requesttag/team`. */
  readonly keys?: Readonly<Record<string, string | readonly string[]>>;
  /** ARN of the OpenID Connect provider that vouches for the caller of AssumeRoleWithWebIdentity. */
  readonly federatedBy?: string;
}

/** What callers do with a service. Source: service authorization reference, "Amazon VPC Lattice Services", read 2026-11. */
export type ServiceAction = "vpc-lattice-svcs:Invoke" | "vpc-lattice-svcs:Connect";

/** What callers do with a role. Source: service authorization reference, "AWS Security Token Service", read 2026-11. */
export type StsAction = "sts:AssumeRole" | "sts:TagSession" | "sts:AssumeRoleWithWebIdentity";

/** What other accounts do with a shared resource: an operation of the control plane, `vpc-lattice:GetService`. */
export type SharingAction = `vpc-lattice:${string}`;

/** What one policy says of a request. */
export type PolicyDecision = "Allow" | "ExplicitDeny" | "ImplicitDeny";
