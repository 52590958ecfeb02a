import type { Clock, ConfigStore, FieldError, Ids, Logger } from "@pergola/core";
import type { Credential, Keyring, SignatureResult, WebIdentityVerifier } from "@pergola/iam";
import { type Input, type Members, violations } from "../constraint.ts";
import type { ApiRequest } from "../protocol/rest-server.ts";
import { validationError } from "./sts-error.ts";

/** What STS needs from its host. */
export interface StsPorts {
  readonly store: ConfigStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  /** Seals session tokens. */
  keyring(): Keyring;
  /** Verifies a request's signature for the service `sts`. */
  authenticate(request: ApiRequest, now: Date): SignatureResult;
  /** Whether a caller whose access key is not known may ask who it is (a local Pergola without --require-auth). */
  readonly acceptUnknownCallers: boolean;
  readonly defaultAccount: string;
  /** Absent: AssumeRoleWithWebIdentity is refused. */
  readonly webIdentity?: WebIdentityVerifier;
}

export interface StsContext {
  readonly ports: StsPorts;
  readonly now: Date;
  readonly sourceIp: string;
  /** The verified caller; undefined for operations that need none. */
  readonly credential: Credential | undefined;
}

export interface StsOperation {
  readonly input: Members;
  /** `required`: the caller must have signed with a known key. */
  readonly caller: "required" | "none" | "any";
  run(input: never, context: StsContext): Promise<Record<string, unknown>>;
}

/** Declares an STS operation. @returns it, with its input typed by the constraints */
export function stsOperation<const M extends Members>(
  caller: StsOperation["caller"],
  input: M,
  run: (input: Input<M>, context: StsContext) => Promise<Record<string, unknown>>,
): { input: M; caller: StsOperation["caller"]; run: typeof run } {
  return { input, caller, run };
}

/** @throws StsError ValidationError that names every bad member */
export function requireValid(members: Members, input: Readonly<Record<string, unknown>>): void {
  const faults: readonly FieldError[] = violations(members, input);
  if (faults.length === 0) return;
  const detail = faults.map(({ name, message }) => `${name}: ${message}`).join("; ");
  throw validationError(`${faults.length} validation error${faults.length === 1 ? "" : "s"} detected: ${detail}`);
}
