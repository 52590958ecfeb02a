import { type Quota, quotas } from "@pergola/control-plane";
import { join, type StrictReader } from "./strict-reader.ts";

const known: ReadonlyMap<string, Quota> = new Map(Object.values(quotas).map((quota) => [quota.code, quota]));
/** Far beyond what one machine serves; the API's own bounds on transactions lie below it. */
const highest = 1_000_000;

/** @returns quota code → how many, of the member `quotas` of `pergola.json`: `{ "L-D64E952E": 50 }` */
export function readQuotas(reader: StrictReader, value: unknown): Record<string, number> {
  const read: Record<string, number> = {};
  for (const [code, limit] of reader.entries(value, "quotas", known.size)) {
    const at = join("quotas", code);
    const quota = known.get(code);
    const most = quota?.most ?? highest;
    if (quota === undefined) reader.reject(at, `is not the code of a quota; there are ${describeAll()}`);
    else if (typeof limit === "number" && Number.isInteger(limit) && limit >= 0 && limit <= most) read[code] = limit;
    else reader.reject(at, `must be a whole number from 0 to ${most}`);
  }
  return read;
}

function describeAll(): string {
  return [...known.values()].map(({ code, what }) => `${code} (${what})`).join(", ");
}
