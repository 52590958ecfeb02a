import {
  booleanSchema,
  listSchema,
  mapSchema,
  numberSchema,
  stringSchema,
  structSchema,
} from "../protocol/define-schema.ts";
import { defineJsonOperation, type JsonOperationSchema } from "../protocol/json-server.ts";

const strings = listSchema(stringSchema);
const compliance = structSchema({
  NoncompliantKeys: strings,
  KeysWithNoncompliantValues: strings,
  ComplianceStatus: booleanSchema,
});
const mapping = structSchema({
  ResourceARN: stringSchema,
  Tags: listSchema(structSchema({ Key: stringSchema, Value: stringSchema })),
  ComplianceDetails: compliance,
});
const failures = mapSchema(
  structSchema({ StatusCode: numberSchema, ErrorCode: stringSchema, ErrorMessage: stringSchema }),
);

/** Source: Resource Groups Tagging API reference (2017-01-26), read 2026-11. */
export const taggingSchemas: readonly JsonOperationSchema[] = [
  defineJsonOperation(
    "GetResources",
    {
      PaginationToken: stringSchema,
      TagFilters: listSchema(structSchema({ Key: stringSchema, Values: strings })),
      ResourcesPerPage: numberSchema,
      TagsPerPage: numberSchema,
      ResourceTypeFilters: strings,
      IncludeComplianceDetails: booleanSchema,
      ExcludeCompliantResources: booleanSchema,
      ResourceARNList: strings,
    },
    { PaginationToken: stringSchema, ResourceTagMappingList: listSchema(mapping) },
  ),
  defineJsonOperation(
    "GetTagKeys",
    { PaginationToken: stringSchema },
    { PaginationToken: stringSchema, TagKeys: strings },
  ),
  defineJsonOperation(
    "GetTagValues",
    { PaginationToken: stringSchema, Key: stringSchema },
    { PaginationToken: stringSchema, TagValues: strings },
  ),
  defineJsonOperation(
    "TagResources",
    { ResourceARNList: strings, Tags: mapSchema(stringSchema) },
    { FailedResourcesMap: failures },
  ),
  defineJsonOperation(
    "UntagResources",
    { ResourceARNList: strings, TagKeys: strings },
    { FailedResourcesMap: failures },
  ),
];
