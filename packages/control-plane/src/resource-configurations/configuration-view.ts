import {
  type DomainVerification,
  owners,
  type ResourceConfiguration,
  statusAt,
  type VerificationStatus,
} from "@pergola/core";
import type { OperationContext } from "../operation.ts";

/** @returns the configuration as Get and List show it; the protocol leaves out what an operation's output does not have */
export function configurationView(configuration: ResourceConfiguration, now: Date): Record<string, unknown> {
  return { ...configuration, amazonManaged: false, status: statusAt(configuration, now) };
}

/** @returns how far the verification of a configuration's domain is; undefined without one, or when it was deleted since */
export async function verificationStatusOf(
  { tx }: OperationContext,
  { account, region, domainVerificationId }: ResourceConfiguration,
): Promise<VerificationStatus | undefined> {
  if (domainVerificationId === undefined) return undefined;
  const key = { owner: owners.domainVerifications({ account, region }), id: domainVerificationId };
  return (await tx.read<DomainVerification>(key))?.status;
}
