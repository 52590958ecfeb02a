import type { Caller } from "@pergola/core";
import { createErrorWriter } from "../companion-error.ts";
import type { ControlPlanePorts, Operation } from "../operation.ts";
import { createJsonServer } from "../protocol/json-server.ts";
import type { ApiRequest, ApiResponse } from "../protocol/rest-server.ts";
import { runOperation } from "../run-operation.ts";
import type { WriteQueue } from "../write-queue.ts";
import { getResources } from "./get-resources.ts";
import { getTagKeys, getTagValues } from "./get-tag-keys.ts";
import { type RunAsCaller, tagResources, untagResources } from "./tag-resources.ts";
import { taggingSchemas } from "./tagging-schemas.ts";

/** Source: the SDK's name of the API's target, read 2026-11. */
export const taggingTargetPrefix = "ResourceGroupsTaggingAPI_20170126";

const queries: Readonly<Record<string, Operation>> = {
  GetResources: getResources,
  GetTagKeys: getTagKeys,
  GetTagValues: getTagValues,
};

/** @returns a function that answers requests of the Resource Groups Tagging API; it never rejects */
export function createTagging(
  ports: ControlPlanePorts,
  queue: WriteQueue,
  callerOf: (request: ApiRequest, requestId: string) => Caller,
): (request: ApiRequest) => Promise<ApiResponse> {
  return createJsonServer({
    targetPrefix: taggingTargetPrefix,
    operations: taggingSchemas,
    newRequestId: () => ports.ids.requestId(),
    toError: createErrorWriter(
      {
        AccessDeniedException: ["AccessDeniedException", 400],
        ThrottlingException: ["ThrottledException", 400],
        InternalServerException: ["InternalServiceException", 500],
        otherwise: ["InvalidParameterException", 400],
      },
      ports.logger,
    ),
    run: async (name, input, request, requestId) => {
      const caller = callerOf(request, requestId);
      const run: RunAsCaller = (operationName, operation, operationInput) =>
        runOperation(operationName, operation, operationInput, caller, ports, queue);
      if (name === "TagResources") return tagResources(input, run, ports.logger);
      if (name === "UntagResources") return untagResources(input, run, ports.logger);
      const operation = queries[name];
      if (operation === undefined) throw new Error(`the schema of \`${name}\` has no operation`);
      return run(name, operation, input);
    },
  });
}
