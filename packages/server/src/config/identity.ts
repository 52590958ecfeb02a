import { type AwsPrincipal, type Credential, parsePrincipalArn, Secret } from "@pergola/iam";
import { join, type StrictReader } from "./strict-reader.ts";

const members = [
  "accessKeyId",
  "secretAccessKey",
  "sessionToken",
  "expiresAt",
  "principal",
  "userId",
  "orgId",
  "orgPaths",
  "tags",
  "identityPolicies",
  "permissionBoundary",
  "sessionPolicies",
];

/** @returns the credential that one element of `identities` stands for, or undefined after noting what is wrong with it */
export function readIdentity(reader: StrictReader, value: unknown, path: string): Credential | undefined {
  const entry = reader.object(value, path, members);
  if (entry === undefined) return undefined;
  const at = (member: string): string => `${path}.${member}`;
  const optional = (member: string, pattern: RegExp, rule: string): Record<string, string> => {
    const text = entry[member] === undefined ? undefined : reader.text(entry[member], at(member), pattern, rule);
    return text === undefined ? {} : { [member]: text };
  };
  const accessKeyId = reader.text(
    entry.accessKeyId,
    at("accessKeyId"),
    /^[A-Za-z0-9_]{4,128}$/,
    "be 4–128 letters, digits or `_`",
  );
  const secret = reader.text(
    entry.secretAccessKey,
    at("secretAccessKey"),
    /^[\x21-\x7e]{8,256}$/,
    "be 8–256 printable characters",
  );
  const principal = readPrincipal(reader, entry, path);
  const details = {
    ...optional("sessionToken", /^[\x21-\x7e]{1,8192}$/, "be printable characters without spaces"),
    ...optional(
      "expiresAt",
      /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z$/,
      "be a UTC time such as `2030-01-31T00:00:00Z`",
    ),
    ...readPolicies(reader, entry, path),
  };
  if (accessKeyId === undefined || secret === undefined || principal === undefined) return undefined;
  return { accessKeyId, secret: new Secret(secret), principal, ...details };
}

function readPrincipal(reader: StrictReader, entry: Record<string, unknown>, path: string): AwsPrincipal | undefined {
  const tags: Record<string, string> = {};
  for (const [key, tag] of reader.entries(entry.tags, `${path}.tags`, 50)) {
    const text = reader.text(
      tag,
      join(`${path}.tags`, key),
      /^[^\r\n\0]{0,256}$/,
      "be a string of at most 256 characters",
    );
    // INVARIANT (own property): a tag named `__proto__` must not reach the prototype.
    if (text !== undefined) Object.defineProperty(tags, key, { value: text, enumerable: true });
  }
  const orgPaths = reader
    .array(entry.orgPaths, `${path}.orgPaths`, 20)
    .flatMap(
      (one, i) =>
        reader.text(one, `${path}.orgPaths[${i}]`, /^o-[a-z0-9/-]{3,600}$/, "be a path of an organization") ?? [],
    );
  const orgId =
    entry.orgId === undefined
      ? undefined
      : reader.text(
          entry.orgId,
          `${path}.orgId`,
          /^o-[a-z0-9]{10,32}$/,
          "be an organization id such as `o-a1b2c3d4e5`",
        );
  const userId =
    entry.userId === undefined
      ? undefined
      : reader.text(entry.userId, `${path}.userId`, /^[\x21-\x7e]{1,256}$/, "be printable characters without spaces");
  const parsed = typeof entry.principal === "string" ? parsePrincipalArn(entry.principal) : undefined;
  if (parsed === undefined) {
    return reader.reject(
      `${path}.principal`,
      "must be the ARN of a user, an assumed-role session, a federated user or an account's root",
    );
  }
  return {
    ...parsed,
    tags,
    ...(orgId === undefined ? {} : { orgId }),
    ...(orgPaths.length === 0 ? {} : { orgPaths }),
    ...(userId === undefined ? {} : { userId }),
  };
}

function readPolicies(reader: StrictReader, entry: Record<string, unknown>, path: string) {
  const texts = (member: string): Record<string, readonly string[]> => {
    if (entry[member] === undefined) return {};
    const policies = reader.array(entry[member], `${path}.${member}`, 20);
    return { [member]: policies.flatMap((one, i) => policyText(reader, one, `${path}.${member}[${i}]`) ?? []) };
  };
  const boundary = entry.permissionBoundary;
  const text = boundary === undefined ? undefined : policyText(reader, boundary, `${path}.permissionBoundary`);
  return {
    ...texts("identityPolicies"),
    ...texts("sessionPolicies"),
    ...(text === undefined ? {} : { permissionBoundary: text }),
  };
}

/** A policy may be given as JSON or as JSON in a string, as the AWS CLI takes it. */
function policyText(reader: StrictReader, value: unknown, path: string): string | undefined {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  if (text.length > 64 * 1024) return reader.reject(path, "is longer than 64 KB");
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return text;
  } catch {
    return reader.reject(path, "is a string that is not JSON");
  }
  return reader.reject(path, "must be a policy: an object, or one as JSON text");
}
