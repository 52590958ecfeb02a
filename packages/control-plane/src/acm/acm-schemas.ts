import { booleanSchema, listSchema, numberSchema, stringSchema, structSchema } from "../protocol/define-schema.ts";
import { defineJsonOperation, type JsonOperationSchema } from "../protocol/json-server.ts";

const strings = listSchema(stringSchema);
const tags = listSchema(structSchema({ Key: stringSchema, Value: stringSchema }));
/** Times are seconds since 1970. */
const common = {
  CertificateArn: stringSchema,
  DomainName: stringSchema,
  Status: stringSchema,
  Type: stringSchema,
  KeyAlgorithm: stringSchema,
  RenewalEligibility: stringSchema,
  NotBefore: numberSchema,
  NotAfter: numberSchema,
  ImportedAt: numberSchema,
};
const summary = structSchema({
  ...common,
  SubjectAlternativeNameSummaries: strings,
  HasAdditionalSubjectAlternativeNames: booleanSchema,
  InUse: booleanSchema,
});
const detail = structSchema({
  ...common,
  SubjectAlternativeNames: strings,
  Serial: stringSchema,
  Subject: stringSchema,
  Issuer: stringSchema,
  SignatureAlgorithm: stringSchema,
  InUseBy: strings,
});
const arn = { CertificateArn: stringSchema };

/** Source: AWS Certificate Manager API reference (2015-12-08), read 2026-11. Certificates and keys are base64 of PEM. */
export const acmSchemas: readonly JsonOperationSchema[] = [
  defineJsonOperation(
    "ListCertificates",
    {
      CertificateStatuses: strings,
      Includes: structSchema({
        extendedKeyUsage: strings,
        keyUsage: strings,
        keyTypes: strings,
        managedBy: stringSchema,
      }),
      NextToken: stringSchema,
      MaxItems: numberSchema,
      SortBy: stringSchema,
      SortOrder: stringSchema,
    },
    { NextToken: stringSchema, CertificateSummaryList: listSchema(summary) },
  ),
  defineJsonOperation("DescribeCertificate", arn, { Certificate: detail }),
  defineJsonOperation("GetCertificate", arn, { Certificate: stringSchema, CertificateChain: stringSchema }),
  defineJsonOperation(
    "ImportCertificate",
    { ...arn, Certificate: stringSchema, PrivateKey: stringSchema, CertificateChain: stringSchema, Tags: tags },
    arn,
  ),
  defineJsonOperation("DeleteCertificate", arn, {}),
  defineJsonOperation("ListTagsForCertificate", arn, { Tags: tags }),
];
