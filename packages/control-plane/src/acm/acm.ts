import type { Caller } from "@pergola/core";
import { createErrorWriter } from "../companion-error.ts";
import type { ControlPlanePorts, Operation } from "../operation.ts";
import { createJsonServer } from "../protocol/json-server.ts";
import type { ApiRequest, ApiResponse } from "../protocol/rest-server.ts";
import { runOperation } from "../run-operation.ts";
import type { WriteQueue } from "../write-queue.ts";
import { acmSchemas } from "./acm-schemas.ts";
import { deleteCertificate } from "./delete-certificate.ts";
import { describeCertificate, getCertificate, listTagsForCertificate } from "./get-certificate.ts";
import { importCertificate } from "./import-certificate.ts";
import { listCertificates } from "./list-certificates.ts";

/** Source: the SDK's name of the API's target, read 2026-11. */
export const acmTargetPrefix = "CertificateManager";

const operations: Readonly<Record<string, Operation>> = {
  ListCertificates: listCertificates,
  DescribeCertificate: describeCertificate,
  GetCertificate: getCertificate,
  ImportCertificate: importCertificate,
  DeleteCertificate: deleteCertificate,
  ListTagsForCertificate: listTagsForCertificate,
};

/** @returns a function that answers requests of AWS Certificate Manager's API; it never rejects */
export function createAcm(
  ports: ControlPlanePorts,
  queue: WriteQueue,
  callerOf: (request: ApiRequest, requestId: string) => Caller,
): (request: ApiRequest) => Promise<ApiResponse> {
  return createJsonServer({
    targetPrefix: acmTargetPrefix,
    operations: acmSchemas,
    newRequestId: () => ports.ids.requestId(),
    toError: createErrorWriter(
      {
        ResourceNotFoundException: ["ResourceNotFoundException", 400],
        ConflictException: ["ResourceInUseException", 400],
        ServiceQuotaExceededException: ["LimitExceededException", 400],
        AccessDeniedException: ["AccessDeniedException", 400],
        ThrottlingException: ["ThrottlingException", 400],
        InternalServerException: ["InternalFailure", 500],
        otherwise: ["ValidationException", 400],
      },
      ports.logger,
    ),
    run: async (name, input, request, requestId) => {
      const operation = operations[name];
      if (operation === undefined) throw new Error(`the schema of \`${name}\` has no operation`);
      return runOperation(name, operation, input, callerOf(request, requestId), ports, queue);
    },
  });
}
