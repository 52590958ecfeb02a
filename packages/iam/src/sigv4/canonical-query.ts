import { isWellEscaped, normalizeQueryComponent } from "./uri-encoding.ts";

interface Parameter {
  readonly name: string;
  readonly value: string;
}

const plainQuery = /^[A-Za-z0-9\-._~=&]*$/;

/**
 * The canonical query string: parameters encoded, sorted by encoded name and then by encoded value, `=` always there, empty
 * ones (`a&&b`) left out.
 * @param query raw, without `?`
 * @returns undefined when an escape is broken
 */
export function canonicalQuery(query: string): string | undefined {
  if (query === "") return "";
  const plain = plainQuery.test(query);
  if (plain && isInOrder(query)) return query;
  if (!plain && !isWellEscaped(query)) return undefined;
  const parameters: Parameter[] = [];
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const { name, value } = splitPair(pair);
    // An `=` within the value is not plain: it becomes %3D.
    const asIs = plain && !value.includes("=");
    parameters.push(
      asIs ? { name, value } : { name: normalizeQueryComponent(name), value: normalizeQueryComponent(value) },
    );
  }
  return join(parameters);
}

/** @returns whether each parameter of a plain query has one `=`, and none comes before the one that it stands behind */
function isInOrder(query: string): boolean {
  let lastName = "";
  let lastValue = "";
  for (let from = 0; from <= query.length; ) {
    const end = query.indexOf("&", from);
    const to = end === -1 ? query.length : end;
    const equals = query.indexOf("=", from);
    if (equals === -1 || equals >= to) return false;
    const name = query.slice(from, equals);
    const value = query.slice(equals + 1, to);
    if (value.includes("=") || name < lastName || (name === lastName && value < lastValue)) return false;
    lastName = name;
    lastValue = value;
    from = to + 1;
  }
  return true;
}

/**
 * The form that signers make which take the parameters from an URL as they are (botocore, curl): sorted, not encoded anew.
 * It can stand for `canonicalQuery`, since whatever has both forms in common reads the same: `+` and `%20` are both a space.
 * @returns undefined when it is the same as `canonical`
 */
export function asSentQuery(query: string, canonical: string): string | undefined {
  const asSent = query === "" ? "" : join(query.split("&").map(splitPair));
  return asSent === canonical ? undefined : asSent;
}

function splitPair(pair: string): Parameter {
  const equals = pair.indexOf("=");
  if (equals === -1) return { name: pair, value: "" };
  return { name: pair.slice(0, equals), value: pair.slice(equals + 1) };
}

/** Not a sort of `name=value` strings: `-` sorts before `=`, so `a-=1` would come before `a=1`. */
function join(parameters: Parameter[]): string {
  if (!isSorted(parameters)) parameters.sort(compare);
  let joined = "";
  for (const { name, value } of parameters) joined += joined === "" ? `${name}=${value}` : `&${name}=${value}`;
  return joined;
}

function isSorted(parameters: readonly Parameter[]): boolean {
  for (let i = 1; i < parameters.length; i++) {
    if (compare(parameters[i - 1] as Parameter, parameters[i] as Parameter) > 0) return false;
  }
  return true;
}

function compare(a: Parameter, b: Parameter): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  if (a.value === b.value) return 0;
  return a.value < b.value ? -1 : 1;
}
