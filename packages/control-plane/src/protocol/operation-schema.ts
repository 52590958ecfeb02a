import { NormalizedSchema } from "@smithy/core/schema";

/** An operation of an AWS REST-JSON API, as its SDK client describes it. */
export interface OperationSchema {
  readonly name: string;
  readonly method: string;
  /** Segments of the URI template; `{x}` is a label. */
  readonly segments: readonly string[];
  readonly successStatus: number;
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
}

/** The first element of an operation's schema in `@smithy/types` (StaticOperationSchema). */
const operationTag = 9;

/**
 * Reads every operation out of an SDK client package.
 * @param exports the namespace object of the package
 * @returns the operations in alphabetical order
 */
export function readOperationSchemas(exports: Readonly<Record<string, unknown>>): readonly OperationSchema[] {
  return Object.values(exports)
    .filter((value): value is StaticOperation => Array.isArray(value) && value[0] === operationTag)
    .map(toOperation)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

type SchemaSource = Parameters<typeof NormalizedSchema.of>[0];
type StaticOperation = readonly [
  9,
  string,
  string,
  { http: readonly [string, string, number] },
  SchemaSource,
  SchemaSource,
];

function toOperation([, , name, { http }, input, output]: StaticOperation): OperationSchema {
  const [method, uri, successStatus] = http;
  return {
    name,
    method,
    segments: uri.split("/").slice(1),
    successStatus,
    input: NormalizedSchema.of(input),
    output: NormalizedSchema.of(output),
  };
}
