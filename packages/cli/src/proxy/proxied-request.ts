import type { SignableRequest } from "../aws-signer.ts";

/** A request on its way to a deployment, not signed yet. */
export interface ProxiedRequest {
  readonly request: SignableRequest;
  /** Sent beside the signed headers. */
  readonly unsigned: Readonly<Record<string, string>>;
}

/**
 * Headers that end here: what belongs to one connection, what is written anew, and what the client signed for another service. All
 * of `x-amz-*`, since a signature has to cover every one of them.
 */
const dropped =
  /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|host|content-length|authorization|x-amz-.*|x-forwarded-.*|forwarded|cookie)$/;

/**
 * Takes a request apart and puts it together for the deployment.
 * @param target path and query as the client sent them
 * @returns undefined when the target is none that can be signed
 */
export function proxiedRequest(
  {
    method,
    target,
    rawHeaders,
    body,
  }: { method: string; target: string; rawHeaders: readonly string[]; body: Uint8Array },
  endpoint: URL,
): ProxiedRequest | undefined {
  if (!/^\/[\x21-\x22\x24-\x7e]*$/.test(target)) return undefined;
  const at = target.indexOf("?");
  const path = at < 0 ? target : target.slice(0, at);
  const query = at < 0 ? {} : readQuery(target.slice(at + 1));
  if (query === undefined) return undefined;
  const { signed, unsigned } = splitHeaders(rawHeaders);
  const request = {
    method,
    protocol: endpoint.protocol,
    hostname: endpoint.hostname,
    ...(endpoint.port === "" ? {} : { port: Number(endpoint.port) }),
    path,
    query,
    headers: { host: endpoint.host, ...signed },
    body,
  };
  return { request, unsigned };
}

/** @returns path and query to send: the query as it was signed, whatever form the client had given it */
export function targetOf({ path, query }: SignableRequest): string {
  const pairs = Object.entries(query).flatMap(([name, values]) =>
    [values].flat().map((value) => `${escapeText(name)}=${escapeText(value as string)}`),
  );
  return pairs.length === 0 ? path : `${path}?${pairs.join("&")}`;
}

function readQuery(query: string): Record<string, string[]> | undefined {
  // Without prototype: a parameter may be called `__proto__`.
  const found = Object.create(null) as Record<string, string[]>;
  for (const part of query.split("&")) {
    if (part === "") continue;
    const at = part.indexOf("=");
    try {
      const name = decodeURIComponent(at < 0 ? part : part.slice(0, at));
      const value = at < 0 ? "" : decodeURIComponent(part.slice(at + 1));
      found[name] = [...(found[name] ?? []), value];
    } catch {
      return undefined;
    }
  }
  return found;
}

function escapeText(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Sent signed: how the body is written, and which operation of a JSON API is asked for. */
const signedNames: ReadonlySet<string> = new Set(["content-type", "x-amz-target"]);

function splitHeaders(rawHeaders: readonly string[]): {
  readonly signed: Readonly<Record<string, string>>;
  readonly unsigned: Readonly<Record<string, string>>;
} {
  const given = new Map<string, string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    const before = given.get(name);
    const value = rawHeaders[i + 1] as string;
    if (signedNames.has(name) || !dropped.test(name))
      given.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  const entries = [...given];
  return {
    signed: Object.fromEntries(entries.filter(([name]) => signedNames.has(name))),
    unsigned: Object.fromEntries(entries.filter(([name]) => !signedNames.has(name))),
  };
}
