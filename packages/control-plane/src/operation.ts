import type {
  AccessRecord,
  Caller,
  Clock,
  ConfigStore,
  Ids,
  Logger,
  PastRequest,
  TargetDirectory,
  VpcEndpointDirectory,
} from "@pergola/core";
import type { Credential } from "@pergola/iam";
import type { Input, Members } from "./constraint.ts";
import type { Transaction } from "./transaction.ts";

/** What a deployment decides. */
export interface ControlPlaneSettings {
  /** Suffix of generated DNS names. */
  readonly domain: string;
  readonly defaultAccount: string;
  readonly defaultRegion: string;
  /** How long a create or update shows as in progress, in ms; 0: the next read says ACTIVE. */
  readonly settleMs: number;
  /**
   * True where loopback is the host's own (a Lambda function's runtime API, a gateway's neighbours): addresses of 127.0.0.0/8 and
   * ::1 are then no targets. VPC Lattice itself has no use for them; a local Pergola does.
   */
  readonly refuseLoopbackTargets?: boolean;
  /** Quota code (`L-D64E952E`) → how many; codes that are not named are as AWS has them. */
  readonly quotas?: Readonly<Record<string, number>>;
}

/** What the control plane needs from its host. */
export interface ControlPlanePorts {
  readonly store: ConfigStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly settings: ControlPlaneSettings;
  /** Knows the instances and load balancers that may be registered as targets. */
  readonly targets: TargetDirectory;
  readonly logger: Logger;
  /** Default: there are none. */
  readonly vpcEndpoints?: VpcEndpointDirectory;
  /** Default: none are known, and no secrets can be kept. */
  readonly identities?: IdentityPorts;
  /** Default: no request is known. */
  readonly requests?: RequestPorts;
  /** Default: there are none. */
  readonly organizations?: OrganizationDirectory;
  /** Default: no certificate can be imported. */
  readonly certificates?: CertificatePorts;
}

/** What certificates need beside the store. */
export interface CertificatePorts {
  /** @returns a private key sealed, as it may be stored; at most 5,120 characters go in */
  sealKey(pem: string): string;
}

/** Knows which accounts belong together. */
export interface OrganizationDirectory {
  /** @returns the organization that an account is in, and where: `o-…/r-…/ou-…/` for each way up, as in `aws:PrincipalOrgPaths` */
  organizationOf(account: string): { readonly orgId: string; readonly paths: readonly string[] } | undefined;
  /** @returns whether an organization has a unit (`ou-…`), whether or not accounts are in it */
  hasUnit(orgId: string, unitId: string): boolean;
}

/** Knows requests that happened. */
export interface RequestPorts {
  /** @returns the newest request of this id whose record `isVisible`: clients may choose ids, so one can come twice */
  findRequest(requestId: string, isVisible: (record: AccessRecord) => boolean): Promise<PastRequest | undefined>;
}

/** What operations on identities need beside the store. */
export interface IdentityPorts {
  /** @returns the identity with exactly this ARN that the deployment's configuration file names, or undefined */
  findIdentity(arn: string): Omit<Credential, "secret" | "accessKeyId"> | undefined;
  /** @returns the secret sealed, as it may be stored */
  sealSecret(secret: string): string;
}

/** What an operation works with beside its input. It sees no HTTP and no table names. */
export interface OperationContext {
  readonly caller: Caller;
  /** The moment of the request: one for everything it writes. */
  readonly now: Date;
  readonly settings: ControlPlaneSettings;
  readonly targets: TargetDirectory;
  readonly vpcEndpoints: VpcEndpointDirectory;
  readonly tx: Transaction;
  readonly identities: IdentityPorts;
  readonly requests: RequestPorts;
  readonly organizations: OrganizationDirectory;
  readonly certificates: CertificatePorts;
  newId(prefix: string): string;
  /** What the run before this one gave to `tx.continueAfterCommit`; undefined in the first. */
  readonly progress?: unknown;
}

/** An operation with its input's constraints. May run several times for one request: it must have no effect but through `tx`. */
export interface Operation {
  readonly input: Members;
  /** Read-only operations skip the write queue. */
  readonly readOnly: boolean;
  run(input: never, context: OperationContext): Promise<unknown>;
}

/** Declares an operation that writes. @returns it, with its input typed by the constraints */
export function operation<const M extends Members, O>(
  input: M,
  run: (input: Input<M>, context: OperationContext) => Promise<O>,
): { input: M; readOnly: false; run(input: Input<M>, context: OperationContext): Promise<O> } {
  return { input, readOnly: false, run };
}

/** Declares an operation that only reads. @returns it, with its input typed by the constraints */
export function query<const M extends Members, O>(
  input: M,
  run: (input: Input<M>, context: OperationContext) => Promise<O>,
): { input: M; readOnly: true; run(input: Input<M>, context: OperationContext): Promise<O> } {
  return { input, readOnly: true, run };
}
