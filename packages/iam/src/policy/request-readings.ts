import type { AuthContext } from "../auth-context.ts";
import { pathReadings } from "./path-readings.ts";

/** A request as a target may read it where that is not how it was sent. */
export interface RequestReading {
  readonly context: AuthContext;
  /** Whether it has to be allowed as well; else only an explicit deny of it counts. */
  readonly mustBeAllowed: boolean;
}

/** A client sends one; each more costs evaluations. */
const maxOverrides = 3;
/** Characters over all readings: 8 KB of path in 32 readings; some milliseconds of evaluation at most. */
const maxCharacters = 262_144;
const overrideHeaders = new Set(["x-http-method-override", "x-http-method", "x-method-override"]);

/**
 * The readings that targets in use have of a request beside the literal one, so that a policy cannot be got around by a spelling
 * that it does not see and the target undoes: paths as in `pathReadings`, `;` between query parameters, `_` for `-` in header
 * names (CGI, WSGI), and the method that a method override header asks for.
 *
 * Spellings of paths and names are only held against denies: an Allow is for the request as it is written. Another method, or
 * another set of parameters, is another request, which has to be allowed itself.
 * @returns none for almost all requests; undefined when the request overrides its method more often than a client does, or is so
 * long and odd that reading it in every way would be an attack on this process
 */
export function otherReadings(context: AuthContext): readonly RequestReading[] | undefined {
  if (context.action !== "vpc-lattice-svcs:Invoke") return none;
  const { method, path, query, rawHeaders } = context;
  const paths = pathReadings(path);
  const headers = headerReading(rawHeaders);
  const isPlain = paths.length === 0 && headers === undefined && !query.includes(";");
  const overrides = overriddenMethods(headers ?? rawHeaders, method);
  if (isPlain && overrides.size === 0) return none;
  if (overrides.size > maxOverrides) return undefined;
  const queries = query.includes(";") ? [query, query.replaceAll(";", "&")] : [query];
  const allHeaders = headers === undefined ? [rawHeaders] : [rawHeaders, headers];
  const count = (overrides.size + 1) * (paths.length + 1) * queries.length * allHeaders.length;
  if (count * (path.length + query.length) > maxCharacters) return undefined;
  const readings: RequestReading[] = [];
  for (const aMethod of [method, ...overrides]) {
    for (const aPath of [path, ...paths]) {
      for (const aQuery of queries) {
        for (const someHeaders of allHeaders) {
          const isSpelledSo = aPath === path && someHeaders === rawHeaders;
          if (isSpelledSo && aQuery === query && aMethod === method) continue;
          const resource = context.serviceArn + aPath;
          const other = { method: aMethod, path: aPath, resource, query: aQuery, rawHeaders: someHeaders };
          readings.push({ context: { ...context, ...other }, mustBeAllowed: isSpelledSo });
        }
      }
    }
  }
  return readings;
}

const none: readonly RequestReading[] = [];

/** @returns the headers with `-` for `_` in their names; undefined when no name has one */
function headerReading(rawHeaders: readonly string[]): readonly string[] | undefined {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (!(rawHeaders[i] as string).includes("_")) continue;
    return rawHeaders.map((text, at) => (at % 2 === 0 ? text.replaceAll("_", "-") : text));
  }
  return undefined;
}

function overriddenMethods(rawHeaders: readonly string[], method: string): ReadonlySet<string> {
  let methods: Set<string> | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if ((name.charCodeAt(0) | lowerCaseBit) !== letterX || !overrideHeaders.has(name.toLowerCase())) continue;
    methods ??= new Set();
    for (const value of (rawHeaders[i + 1] as string).split(",")) methods.add(value.trim().toUpperCase());
  }
  methods?.delete(method);
  methods?.delete("");
  return methods ?? noMethods;
}

const lowerCaseBit = 0x20;
const letterX = 0x78;
const noMethods: ReadonlySet<string> = new Set();
