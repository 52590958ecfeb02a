import type { Certificate } from "./certificate.ts";

/** Names that a summary shows. Source: CertificateSummary, ACM API reference, read 2026-11. */
const maxSummaryNames = 100;

/** @returns what List and Describe both show */
function commonView(certificate: Certificate, now: Date): Record<string, unknown> {
  return {
    CertificateArn: certificate.arn,
    DomainName: certificate.names[0],
    Status: certificateStatus(certificate, now),
    Type: "IMPORTED",
    KeyAlgorithm: certificate.keyAlgorithm,
    RenewalEligibility: "INELIGIBLE",
    NotBefore: seconds(certificate.notBefore),
    NotAfter: seconds(certificate.notAfter),
    ImportedAt: seconds(certificate.importedAt),
  };
}

/** @returns a certificate as ListCertificates shows it */
export function certificateSummary(certificate: Certificate, inUse: boolean, now: Date): Record<string, unknown> {
  const { names } = certificate;
  return {
    ...commonView(certificate, now),
    SubjectAlternativeNameSummaries: names.slice(0, maxSummaryNames),
    HasAdditionalSubjectAlternativeNames: names.length > maxSummaryNames,
    InUse: inUse,
  };
}

/** @returns a certificate as DescribeCertificate shows it */
export function certificateDetail(
  certificate: Certificate,
  inUseBy: readonly string[],
  now: Date,
): Record<string, unknown> {
  const { names, serial, subject, issuer, signatureAlgorithm } = certificate;
  return {
    ...commonView(certificate, now),
    SubjectAlternativeNames: names,
    Serial: serial,
    Subject: subject,
    Issuer: issuer,
    SignatureAlgorithm: signatureAlgorithm,
    InUseBy: inUseBy,
  };
}

/** @returns ACM's word for it */
export function certificateStatus({ notAfter }: Certificate, now: Date): "ISSUED" | "EXPIRED" {
  return now.toISOString() < notAfter ? "ISSUED" : "EXPIRED";
}

function seconds(time: string): number {
  return Date.parse(time) / 1000;
}
