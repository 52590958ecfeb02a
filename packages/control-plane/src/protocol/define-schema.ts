import { NormalizedSchema } from "@smithy/core/schema";
import type { OperationSchema } from "./operation-schema.ts";

/**
 * The schema language of the AWS SDK, for an API of one's own: so its requests are read, and its answers written, by the same
 * code as AWS's. Source of the numbers: StaticSchema in @smithy/types.
 */
export type SchemaSource = Parameters<typeof NormalizedSchema.of>[0];

const namespace = "pergola";

export const stringSchema = 0 as SchemaSource;
export const numberSchema = 1 as SchemaSource;
export const booleanSchema = 2 as SchemaSource;
/** Any JSON. */
export const documentSchema = 15 as SchemaSource;

export function listSchema(item: SchemaSource): SchemaSource {
  return [1, namespace, "List", 0, item] as unknown as SchemaSource;
}

export function mapSchema(value: SchemaSource): SchemaSource {
  return [2, namespace, "Map", 0, 0, value] as unknown as SchemaSource;
}

export function structSchema(members: Readonly<Record<string, SchemaSource>>): SchemaSource {
  return [3, namespace, "Structure", 0, Object.keys(members), Object.values(members)] as unknown as SchemaSource;
}

/** A member that comes from a `{label}` of the path. */
export const labelSchema = [0, { httpLabel: 1 }] as unknown as SchemaSource;

/** A string member that comes from the query string. */
export function querySchema(name: string, item: SchemaSource = stringSchema): SchemaSource {
  return [item, { httpQuery: name }] as unknown as SchemaSource;
}

/**
 * @param uri path with `{labels}`
 * @param output undefined for an answer without a body (204)
 */
export function defineOperation(
  name: string,
  method: string,
  uri: string,
  input: Readonly<Record<string, SchemaSource>>,
  output?: Readonly<Record<string, SchemaSource>>,
): OperationSchema {
  return {
    name,
    method,
    segments: uri.split("/").slice(1),
    successStatus: output === undefined ? 204 : 200,
    input: NormalizedSchema.of(structSchema(input)),
    output: NormalizedSchema.of(structSchema(output ?? {})),
  };
}
