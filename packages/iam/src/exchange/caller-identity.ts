import { parsePrincipalArn } from "../identity/principal-arn.ts";
import type { AwsPrincipal } from "../principal.ts";

/** Who STS says has signed. */
export type CallerIdentity = Omit<AwsPrincipal, "tags"> & { readonly userId: string };

const space = "[ \\t\\r\\n]*";
const members = ["Arn", "UserId", "Account"] as const;
const member = `<(${members.join("|")})>([^<>&]{1,2048})</\\1>`;
/** Source: STS API reference, GetCallerIdentity, read 2026-11. No entity can be in it, and no comment or declaration. */
const answer = new RegExp(
  `^(?:<\\?xml[^<>]{0,100}\\?>)?${space}<GetCallerIdentityResponse(?: xmlns="[^"<>]{1,200}")?>${space}` +
    `<GetCallerIdentityResult>${space}((?:<[A-Za-z]{1,10}>[^<>&]{1,2048}</[A-Za-z]{1,10}>${space}){3})</GetCallerIdentityResult>${space}` +
    `<ResponseMetadata>${space}<RequestId>[^<>&]{1,200}</RequestId>${space}</ResponseMetadata>${space}` +
    `</GetCallerIdentityResponse>${space}$`,
);

/**
 * Reads what STS answered to GetCallerIdentity, in XML or, as it does on `accept: application/json`, in JSON.
 * @returns the caller, or undefined when it is no such answer or names nobody who can sign
 */
export function readCallerIdentity(body: string): CallerIdentity | undefined {
  const found = body.trimStart().startsWith("{") ? readJson(body) : readXml(body);
  if (found === undefined) return undefined;
  const { Arn, UserId, Account } = found;
  const principal = parsePrincipalArn(Arn);
  if (principal === undefined || principal.account !== Account || !/^[\w+=,.@:-]{1,256}$/.test(UserId))
    return undefined;
  return { ...principal, userId: UserId };
}

type Members = Record<(typeof members)[number], string>;

function readXml(body: string): Members | undefined {
  const inner = answer.exec(body)?.[1];
  return inner === undefined
    ? undefined
    : complete([...inner.matchAll(new RegExp(member, "g"))].map(([, name, text]) => [name, text]));
}

function readJson(body: string): Members | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  const response = (value as { GetCallerIdentityResponse?: { GetCallerIdentityResult?: unknown } | null } | null)
    ?.GetCallerIdentityResponse;
  const result = response?.GetCallerIdentityResult;
  return typeof result === "object" && result !== null ? complete(Object.entries(result)) : undefined;
}

/** @returns the members when each is there once, as text, and nothing else is */
function complete(entries: readonly (readonly unknown[])[]): Members | undefined {
  const given = new Map(entries as readonly (readonly [unknown, unknown])[]);
  if (entries.length !== members.length || !members.every((name) => typeof given.get(name) === "string"))
    return undefined;
  return Object.fromEntries(given) as Members;
}
