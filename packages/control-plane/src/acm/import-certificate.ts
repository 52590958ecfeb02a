import { randomUUID } from "node:crypto";
import { invalidFields, LatticeError, owners } from "@pergola/core";
import { type Constraint, list, optional, required, struct, text } from "../constraint.ts";
import { tags as tagMap } from "../field-constraints.ts";
import { type OperationContext, operation } from "../operation.ts";
import { type Certificate, certificateArn, certificateKey } from "./certificate.ts";
import { certificateArnConstraint, findCertificate } from "./find-certificate.ts";
import { readCertificate } from "./read-certificate.ts";

/** How many there may be in an account and region. ACM's own quota of imported certificates is 2,500. */
const maxCertificates = 1000;

/** Source of the sizes in bytes: ImportCertificate, ACM API reference, read 2026-11 (the chain there may have 2 MB). */
const base64 = (maxBytes: number): Constraint<string> =>
  text({
    min: 4,
    max: Math.ceil(maxBytes / 3) * 4,
    pattern: /^[A-Za-z0-9+/]{2,}={0,2}$/,
    form: "base64 of a text in PEM",
  });

const members = {
  CertificateArn: certificateArnConstraint,
  Certificate: required(base64(32_768)),
  PrivateKey: required(base64(5_120)),
  CertificateChain: base64(65_536),
  Tags: optional<readonly Tag[]>((value, path, report) => {
    list(struct({ Key: required(text({ min: 1, max: 128 })), Value: text({ max: 256 }) }), 1, 50).check(
      value,
      path,
      report,
    );
    if (new Set(value.map(({ Key }) => Key)).size < value.length)
      report({ name: path, message: "must name each key once" });
    tagMap.check(tagsOf(value), path, report);
  }),
};

interface Tag {
  readonly Key: string;
  readonly Value?: string;
}

/** ImportCertificate: a new certificate, or with an ARN another one in its place, which services then use. */
export const importCertificate = operation(members, async (input, context) => {
  const { caller, now, tx, certificates } = context;
  const chain = input.CertificateChain === undefined ? {} : { chain: decoded(input.CertificateChain) };
  const privateKey = decoded(input.PrivateKey);
  const facts = readCertificate({ certificate: decoded(input.Certificate), privateKey, ...chain }, now);
  const former = await formerOf(context, input.CertificateArn, input.Tags);
  if (former === undefined) await requireRoom(context);
  const id = former?.id ?? randomUUID();
  const certificate: Certificate = {
    ...facts,
    id,
    arn: certificateArn(caller, id),
    account: caller.account,
    region: caller.region,
    sealedKey: certificates.sealKey(privateKey),
    importedAt: now.toISOString(),
    tags: former?.tags ?? tagsOf(input.Tags ?? []),
  };
  if (former === undefined) tx.create(certificateKey(caller, id), certificate);
  else tx.put(certificateKey(caller, id), certificate);
  return { CertificateArn: certificate.arn };
});

async function formerOf(
  context: OperationContext,
  arn: string | undefined,
  tags: readonly Tag[] | undefined,
): Promise<Certificate | undefined> {
  if (arn === undefined) return undefined;
  if (tags !== undefined)
    throw invalidFields([
      { name: "Tags", message: "must be left out where CertificateArn is given: it keeps its tags" },
    ]);
  return (await findCertificate(context, arn)).value;
}

async function requireRoom({ caller, tx }: OperationContext): Promise<void> {
  const { items, more } = await tx.page(owners.certificates(caller), { limit: maxCertificates });
  if (items.length < maxCertificates && !more) return;
  throw new LatticeError(
    "ServiceQuotaExceededException",
    `there are ${maxCertificates} certificates; delete some first`,
  );
}

function decoded(text: string): string {
  return Buffer.from(text, "base64").toString("latin1");
}

function tagsOf(tags: readonly Tag[]): Readonly<Record<string, string>> {
  return Object.fromEntries(tags.map(({ Key, Value = "" }) => [Key, Value]));
}
