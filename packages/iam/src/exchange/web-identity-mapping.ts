import { compileGlob } from "../policy/glob.ts";
import { parsePattern, staticPattern } from "../policy/pattern.ts";
import type { WebIdentity } from "../web-identity/web-identity.ts";

/** Whose web identity tokens stand for which role. */
export interface WebIdentityMapping {
  /** `https://…`, exactly as in the tokens' `iss`; plain HTTP for loopback only. */
  readonly issuer: string;
  /** Has to be in the tokens' `aud`. */
  readonly audience: string;
  /** Which `sub` the tokens may have; `*` stands for any characters, `?` for one. */
  readonly subjects: readonly string[];
  /** Role whose sessions the holders become. */
  readonly roleArn: string;
  /** Where the issuer's keys are; default: what its discovery document says. */
  readonly jwksUri?: string;
}

const url = /^(https:\/\/[a-z0-9.-]{1,253}(:\d{1,5})?|http:\/\/(127\.0\.0\.1|localhost):\d{1,5})(\/[!-~]{0,1000})?$/;
const urlRule = "has to be an https URL";
const maxMappings = 20;
const members = ["issuer", "audience", "subjects", "roleArn", "jwksUri"];

/**
 * @param value what settings have as mappings
 * @returns a sentence for each thing that is wrong, beginning with its place; empty when `value` is a list of WebIdentityMapping
 */
export function problemsOfMappings(value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > maxMappings)
    return [` has to be a list of one to ${maxMappings} mappings`];
  const keysOf = new Map<unknown, unknown>();
  return value.flatMap((one: unknown, index) => {
    if (typeof one !== "object" || one === null) return [`[${index}] has to be an object`];
    const { issuer, jwksUri } = one as Partial<WebIdentityMapping>;
    const isOther = keysOf.has(issuer) && keysOf.get(issuer) !== jwksUri;
    keysOf.set(issuer, jwksUri);
    const problems = problemsOfMapping(one as Record<string, unknown>).map((problem) => `[${index}]${problem}`);
    return isOther ? [...problems, `[${index}].jwksUri has to be the same for each mapping of an issuer`] : problems;
  });
}

function problemsOfMapping(mapping: Readonly<Record<string, unknown>>): string[] {
  const { issuer, audience, subjects, roleArn, jwksUri } = mapping;
  const problems: string[] = [];
  const check = (name: string, value: unknown, pattern: RegExp, rule: string): void => {
    if (typeof value !== "string" || !pattern.test(value)) problems.push(`.${name} ${rule}, not \`${value}\``);
  };
  check("issuer", issuer, url, urlRule);
  if (jwksUri !== undefined) check("jwksUri", jwksUri, url, urlRule);
  check("audience", audience, /^[!-~]{1,256}$/, "has to be 1–256 printable characters without spaces");
  check("roleArn", roleArn, rolePattern, "has to be the ARN of a role");
  if (!Array.isArray(subjects) || subjects.length === 0 || subjects.length > 100)
    problems.push(".subjects has to list 1–100 subjects: any token of the issuer would do otherwise");
  else for (const one of subjects) check("subjects", one, /^[\x20-\x7e]{1,512}$/, "has to list printable texts");
  const unknown = Object.keys(mapping).find((name) => !members.includes(name));
  if (unknown !== undefined) problems.push(` has an unknown member \`${unknown}\`: use ${members.join(", ")}`);
  return problems;
}

const rolePattern = /^arn:(aws[a-z-]*):iam::(\d{12}):role\/(?:[\w+=,.@-]{1,512}\/){0,20}([\w+=,.@-]{1,64})$/;

/** @returns the parts of a role's ARN. @throws RangeError when it is none */
export function readRoleArn(roleArn: string) {
  const [, partition, account, name] = rolePattern.exec(roleArn) ?? [];
  if (partition === undefined || account === undefined || name === undefined)
    throw new RangeError(`\`${roleArn}\` is not the ARN of a role`);
  return { partition, account, name };
}

/** @returns what tells whether a verified token is of this mapping. `*` in a subject of the token is text, never a wildcard */
export function mappingTest({ issuer, audience, subjects }: WebIdentityMapping): (identity: WebIdentity) => boolean {
  const tests = subjects.map((subject) =>
    compileGlob(staticPattern(parsePattern(subject, { wildcards: true, variables: false })) ?? []),
  );
  return (identity) =>
    identity.issuer === issuer &&
    identity.audience.includes(audience) &&
    tests.some((matches) => matches(identity.subject));
}
