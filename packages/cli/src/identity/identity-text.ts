import { printable } from "../printable.ts";

/** A user or role as the API answers. */
export interface IdentityAnswer {
  readonly arn: string;
  readonly name: string;
  readonly uniqueId: string;
  readonly createdAt: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly identityPolicies?: readonly string[];
  readonly permissionBoundary?: string;
  readonly orgId?: string;
  readonly orgPaths?: readonly string[];
  readonly trustPolicy?: string;
  readonly maxSessionSeconds?: number;
}

/** @returns everything about one identity, a line each, its policies as they are */
export function identityText(identity: IdentityAnswer): string {
  const tags = Object.entries(identity.tags ?? {}).map(([key, value]) => `${key}=${value}`);
  const lines: (readonly [label: string, value: string | undefined])[] = [
    ["arn", identity.arn],
    ["unique id", identity.uniqueId],
    ["created", identity.createdAt],
    ["tags", tags.length === 0 ? undefined : tags.join(", ")],
    ["organization", identity.orgId],
    ["organization paths", identity.orgPaths?.join(", ")],
    ["longest session", identity.maxSessionSeconds === undefined ? undefined : `${identity.maxSessionSeconds} s`],
    ["trust policy", compact(identity.trustPolicy)],
    ...(identity.identityPolicies ?? []).map((policy) => ["identity policy", compact(policy)] as const),
    ["permission boundary", compact(identity.permissionBoundary)],
  ];
  return lines
    .filter(([, value]) => value !== undefined)
    .map(([label, value = ""]) => `${label.padEnd(20)}${printable(value)}\n`)
    .join("");
}

/** @returns one line for each identity */
export function identityListText(items: readonly IdentityAnswer[]): string {
  return items.map(({ arn, createdAt }) => `${createdAt}  ${printable(arn)}\n`).join("");
}

/** @returns a policy on one line */
function compact(policy: string | undefined): string | undefined {
  if (policy === undefined) return undefined;
  return JSON.stringify(JSON.parse(policy));
}
