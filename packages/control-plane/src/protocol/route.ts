import type { OperationSchema } from "./operation-schema.ts";

export interface RouteMatch {
  readonly operation: OperationSchema;
  /** Label values, percent-decoded. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Finds the operation of a request, or undefined when no operation has this method and path. */
export type Router = (method: string, path: string) => RouteMatch | undefined;

/** A request path no longer than this is looked at; the longest label of the API is an ARN of 2,048 characters, encoded. */
const maxPathLength = 16_384;

/**
 * Builds the router of an API. A path is split on `/` before its segments are decoded, since clients pass ARNs as one
 * percent-encoded segment.
 */
export function createRouter(operations: readonly OperationSchema[]): Router {
  const bySize = new Map<string, OperationSchema[]>();
  for (const operation of operations) {
    const key = `${operation.method} ${operation.segments.length}`;
    bySize.set(key, [...(bySize.get(key) ?? []), operation]);
  }
  return (method, path) => {
    if (path.length > maxPathLength || !path.startsWith("/")) return undefined;
    const segments = path.slice(1).split("/");
    for (const operation of bySize.get(`${method} ${segments.length}`) ?? []) {
      const labels = matchSegments(operation.segments, segments);
      if (labels !== undefined) return { operation, labels };
    }
    return undefined;
  };
}

function matchSegments(template: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  for (const [index, expected] of template.entries()) {
    const actual = segments[index] as string;
    if (!expected.startsWith("{")) {
      if (actual !== expected) return undefined;
      continue;
    }
    const decoded = decodeSegment(actual);
    if (decoded === undefined || decoded === "") return undefined;
    labels[expected.slice(1, -1)] = decoded;
  }
  return labels;
}

function decodeSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
