import type { Json } from "../config/document.ts";

interface Matcher {
  readonly match: { readonly exact?: string; readonly prefix?: string; readonly contains?: string };
}

/** @returns what a rule asks of a request, e.g. `GET /orders* x-tenant=blue` */
export function matchWords(match: unknown): string {
  const {
    method,
    pathMatch,
    headerMatches = [],
  } = ((match as Json | undefined)?.httpMatch ?? {}) as {
    readonly method?: string;
    readonly pathMatch?: Matcher;
    readonly headerMatches?: readonly (Matcher & { readonly name: string })[];
  };
  const path = pathMatch === undefined ? undefined : valueWords(pathMatch.match);
  const headers = headerMatches.map((header) => `${header.name}=${valueWords(header.match)}`);
  return [method, path, ...headers].filter((part) => part !== undefined).join(" ");
}

function valueWords({ exact, prefix, contains }: Matcher["match"]): string {
  return exact ?? (prefix === undefined ? `*${contains ?? ""}*` : `${prefix}*`);
}

/** @returns what a rule does, e.g. `blue 90, green 10` or `404` */
export function actionWords(action: unknown, nameOf: (id: string) => string | undefined): string {
  const { forward, fixedResponse } = (action ?? {}) as {
    readonly forward?: { readonly targetGroups: readonly { targetGroupIdentifier: string; weight?: number }[] };
    readonly fixedResponse?: { readonly statusCode: number };
  };
  if (fixedResponse !== undefined) return String(fixedResponse.statusCode);
  const groups = (forward?.targetGroups ?? []).map(({ targetGroupIdentifier: identifier, weight = 100 }) => {
    const name = nameOf(identifier.slice(identifier.lastIndexOf("/") + 1)) ?? identifier;
    return { name, weight };
  });
  const [only] = groups;
  if (groups.length === 1 && only !== undefined) return only.name;
  return groups.map(({ name, weight }) => `${name} ${weight}`).join(", ");
}
