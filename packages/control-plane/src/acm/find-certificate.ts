import { type Key, LatticeError, owners, type Service } from "@pergola/core";
import { type Constraint, text } from "../constraint.ts";
import type { OperationContext } from "../operation.ts";
import { type Certificate, certificateKey, parseCertificateArn } from "./certificate.ts";

export const certificateArnConstraint: Constraint<string> = text({
  min: 20,
  max: 2048,
  pattern: /^arn:aws[a-z-]{0,32}:acm:[a-z0-9-]{1,64}:\d{12}:certificate\/[0-9a-z-]{1,128}$/,
  form: "the ARN of a certificate",
});

/** @throws LatticeError ResourceNotFoundException, also for another account's or region's: ACM shares nothing */
export async function findCertificate(
  { caller, tx }: OperationContext,
  arn: string,
): Promise<{ readonly key: Key; readonly value: Certificate }> {
  const located = parseCertificateArn(arn);
  const isHere = located?.account === caller.account && located.region === caller.region;
  const key = certificateKey(caller, located?.id ?? "none");
  const value = isHere ? await tx.get<Certificate>(key) : undefined;
  if (value === undefined || value.arn !== arn)
    throw new LatticeError("ResourceNotFoundException", `certificate \`${arn}\` not found in ${caller.account}`);
  return { key, value };
}

/** @returns services of the caller's account and region by the ARN of the certificate that they name */
export async function servicesByCertificate({ caller, tx }: OperationContext): Promise<Map<string, readonly string[]>> {
  const users = new Map<string, readonly string[]>();
  for (const { certificateArn = "", arn } of await tx.all<Service>(owners.services(caller))) {
    if (certificateArn !== "") users.set(certificateArn, [...(users.get(certificateArn) ?? []), arn]);
  }
  return users;
}
