import { invalidFields, owners } from "@pergola/core";
import { integer, list, oneOf, struct, text } from "../constraint.ts";
import { query } from "../operation.ts";
import { listPage } from "../page.ts";
import type { Certificate } from "./certificate.ts";
import { certificateStatus, certificateSummary } from "./certificate-view.ts";
import { servicesByCertificate } from "./find-certificate.ts";

const defaultItems = 100;
/** What is listed unless other types are asked for. Source: ListCertificates, Filters, ACM API reference, read 2026-11. */
const defaultKeyTypes = ["RSA_1024", "RSA_2048"];

/** ListCertificates: imported ones, in order of id. */
export const listCertificates = query(
  {
    CertificateStatuses: list(text({ max: 64 }), 0, 20),
    Includes: struct({
      extendedKeyUsage: list(text({ max: 64 }), 0, 20),
      keyUsage: list(text({ max: 64 }), 0, 20),
      keyTypes: list(text({ max: 64 }), 0, 20),
      managedBy: text({ max: 64 }),
    }),
    NextToken: text({ min: 1, max: 10_000 }),
    MaxItems: integer(1, 1000),
    SortBy: oneOf("CREATED_AT"),
    SortOrder: oneOf("ASCENDING", "DESCENDING"),
  },
  async (input, context) => {
    const { CertificateStatuses: statuses = [], Includes: includes = {}, MaxItems: maxResults = defaultItems } = input;
    if (input.SortBy !== undefined || input.SortOrder !== undefined)
      throw invalidFields([{ name: "SortBy", message: "is not there yet; leave SortBy and SortOrder out" }]);
    const keyTypes = includes.keyTypes ?? defaultKeyTypes;
    const users = await servicesByCertificate(context);
    const { items, nextToken } = await listPage<Certificate, unknown>(
      context,
      "certificates",
      owners.certificates(context.caller),
      { maxResults, ...(input.NextToken === undefined ? {} : { nextToken: input.NextToken }) },
      (certificate) => {
        if (!keyTypes.includes(certificate.keyAlgorithm) || includes.managedBy !== undefined) return undefined;
        if (statuses.length > 0 && !statuses.includes(certificateStatus(certificate, context.now))) return undefined;
        return certificateSummary(certificate, users.has(certificate.arn), context.now);
      },
    );
    return { CertificateSummaryList: items, NextToken: nextToken };
  },
);
