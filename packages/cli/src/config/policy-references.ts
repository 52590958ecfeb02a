import type { Json } from "./document.ts";

/**
 * Policies name resources by ARN, and an ARN holds an id that is another in each account: in a file, `{{services/orders}}` stands for
 * the ARN of the service `orders`. (`${…}` is taken: it is a variable of the policy language.)
 */
const referencePattern = /\{\{([a-zA-Z]+\/[^{}]{1,128})\}\}/g;
const arnPattern =
  /arn:aws[a-z-]*:vpc-lattice:[a-z0-9-]{1,64}:\d{12}:(?:service|servicenetwork|resourceconfiguration|targetgroup)\/[a-z]+-[0-9a-z]{17}/g;

/** @returns the paths that a policy refers to, each once */
export function referencesIn(policy: Json): readonly string[] {
  const found = [...JSON.stringify(policy).matchAll(referencePattern)].map(([, path = ""]) => path);
  return [...new Set(found)];
}

/** @param pathOf gives an ARN's path, or undefined for one that is not the account's */
export function withReferences(policy: Json, pathOf: (arn: string) => string | undefined): Json {
  return mapStrings(policy, (text) =>
    text.replace(arnPattern, (arn) => {
      const path = pathOf(arn);
      return path === undefined ? arn : `{{${path}}}`;
    }),
  ) as Json;
}

/** @param arnOf gives a path's ARN, or throws */
export function withArns(policy: Json, arnOf: (path: string) => string): Json {
  return mapStrings(policy, (text) =>
    text.replace(referencePattern, (_reference, path: string) => arnOf(path)),
  ) as Json;
}

/** Condition keys and values alike may hold ARNs; member names are left alone. */
function mapStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((inner) => mapStrings(inner, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mapStrings(inner, change)]));
}
