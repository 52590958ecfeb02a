import type { AccessRecord } from "@pergola/core";

export type RecordFilter = (record: AccessRecord) => boolean;

/** Why a query cannot be used, for its sender. */
export interface FilterProblem {
  readonly problem: string;
}

/**
 * Reads `service` (id or ARN), `status` (`5xx`, `403`, `>=400`), `path` (a prefix), `caller` (a part of the ARN, or `Anonymous`) and
 * `denied` (`true`); a record has to fit all that are given.
 */
export function readFilter(query: URLSearchParams): RecordFilter | FilterProblem {
  const filters: RecordFilter[] = [];
  const service = query.get("service");
  if (service !== null) filters.push(({ serviceArn }) => serviceArn === service || serviceArn.endsWith(`/${service}`));
  const path = query.get("path");
  if (path !== null) filters.push(({ requestPath }) => requestPath.startsWith(path));
  const caller = query.get("caller");
  if (caller !== null) {
    filters.push(({ callerPrincipal, resolvedUser }) => callerPrincipal.includes(caller) || resolvedUser === caller);
  }
  if (query.get("denied") === "true") filters.push(({ failureReason }) => failureReason === "ClientAccessDenied");
  const status = query.get("status");
  if (status !== null) {
    const isStatus = statusFilter(status);
    if (isStatus === undefined) return { problem: `status must be such as 5xx, 403 or >=400, not \`${status}\`` };
    filters.push(({ responseCode }) => typeof responseCode === "number" && isStatus(responseCode));
  }
  return (record) => filters.every((fits) => fits(record));
}

const comparisons: Readonly<Record<string, (code: number, bound: number) => boolean>> = {
  "": (code, bound) => code === bound,
  "=": (code, bound) => code === bound,
  ">": (code, bound) => code > bound,
  ">=": (code, bound) => code >= bound,
  "<": (code, bound) => code < bound,
  "<=": (code, bound) => code <= bound,
};

function statusFilter(text: string): ((code: number) => boolean) | undefined {
  const group = /^([1-5])xx$/i.exec(text)?.[1];
  if (group !== undefined) return (code) => Math.floor(code / 100) === Number(group);
  const [, sign = "", digits] = /^([<>]=?|=)?(\d{3})$/.exec(text) ?? [];
  const compare = comparisons[sign];
  return digits === undefined || compare === undefined ? undefined : (code) => compare(code, Number(digits));
}
