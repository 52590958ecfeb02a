import type { AuthContext } from "../auth-context.ts";
import type { AwsPrincipal } from "../principal.ts";
import { readHeader } from "./header-values.ts";
import { suggestion } from "./nearest-name.ts";
import { queryValues } from "./query-values.ts";
import { readTag } from "./tag-value.ts";

/** What a key is worth in a request: undefined when it is absent; several values for multivalued keys and repeated headers. */
export type KeyValue = string | readonly string[] | undefined;
export type KeyReader = (context: AuthContext) => KeyValue;

export interface ConditionKey {
  readonly name: string;
  readonly read: KeyReader;
  /** Can hold several values: only set operators make sense, and it is no policy variable. */
  readonly multivalued: boolean;
  /** Exists for TLS passthrough (`Connect`) too. */
  readonly connect: boolean;
  /** How several values read when one is asked for: repeated headers are one list with commas. */
  readonly joined: boolean;
}

const single = { multivalued: false, connect: true, joined: false } as const;

/** Keys of the HTTP request do not exist for Connect, whatever the context holds. */
const ofRequest =
  (read: KeyReader): KeyReader =>
  (context) =>
    context.action === "vpc-lattice-svcs:Connect" ? undefined : read(context);

/** Keys about the caller do not exist for anonymous ones; PrincipalType is the exception. */
const ofCaller =
  (read: (principal: AwsPrincipal) => KeyValue): KeyReader =>
  ({ principal }) =>
    principal.kind === "aws" ? read(principal) : undefined;

const key = (name: string, read: KeyReader): ConditionKey => ({ ...single, name, read });
const requestKey = (name: string, read: KeyReader): ConditionKey => ({
  ...single,
  connect: false,
  name,
  read: ofRequest(read),
});

/** The keys with a fixed name, as in docs/condition-keys.md. Sources: VPC Lattice user guide, "Auth policies"; IAM user guide, "Global condition keys", read 2026-11. */
export const conditionKeys: readonly ConditionKey[] = [
  key("vpc-lattice-svcs:Port", ({ port }) => String(port)),
  requestKey("vpc-lattice-svcs:RequestMethod", ({ method }) => method),
  requestKey("vpc-lattice-svcs:RequestPath", ({ path }) => path),
  key("vpc-lattice-svcs:ServiceArn", ({ serviceArn }) => serviceArn),
  key("vpc-lattice-svcs:ServiceNetworkArn", ({ serviceNetworkArn }) => serviceNetworkArn),
  key("vpc-lattice-svcs:SourceVpc", ({ sourceVpc }) => sourceVpc),
  key("vpc-lattice-svcs:SourceVpcOwnerAccount", ({ sourceVpcOwnerAccount }) => sourceVpcOwnerAccount),
  key(
    "aws:PrincipalArn",
    ofCaller(({ roleArn, arn }) => roleArn ?? arn),
  ),
  key(
    "aws:PrincipalAccount",
    ofCaller(({ account }) => account),
  ),
  key(
    "aws:PrincipalOrgID",
    ofCaller(({ orgId }) => orgId),
  ),
  {
    ...key(
      "aws:PrincipalOrgPaths",
      ofCaller(({ orgPaths }) => orgPaths),
    ),
    multivalued: true,
  },
  key("aws:PrincipalType", ({ principal }) => (principal.kind === "aws" ? principal.type : "Anonymous")),
  key(
    "aws:PrincipalIsAWSService",
    ofCaller(() => "false"),
  ),
  key(
    "aws:userid",
    ofCaller(({ userId }) => userId),
  ),
  key(
    "aws:username",
    ofCaller(({ username }) => username),
  ),
  key("aws:SourceIp", ({ sourceIp }) => sourceIp),
  key("aws:CurrentTime", ({ now }) => now.toISOString()),
  key("aws:EpochTime", ({ now }) => String(Math.floor(now.getTime() / 1000))),
  key("aws:SecureTransport", ({ secure }) => (secure ? "true" : "false")),
  key("aws:ResourceAccount", ({ serviceAccount }) => serviceAccount),
  { ...requestKey("aws:UserAgent", ({ rawHeaders }) => readHeader(rawHeaders, "user-agent")), joined: true },
  { ...requestKey("aws:Referer", ({ rawHeaders }) => readHeader(rawHeaders, "referer")), joined: true },
];

interface KeyFamily {
  readonly prefix: string;
  /** @param name what follows the prefix, never empty */
  keyOf(name: string, text: string): ConditionKey;
}

const families: readonly KeyFamily[] = [
  {
    prefix: "vpc-lattice-svcs:RequestHeader/",
    keyOf: (name, text) => {
      const header = name.toLowerCase();
      return { ...requestKey(text, ({ rawHeaders }) => readHeader(rawHeaders, header)), joined: true };
    },
  },
  {
    prefix: "vpc-lattice-svcs:RequestQueryString/",
    keyOf: (name, text) => ({ ...requestKey(text, ({ query }) => queryValues(query, name)), multivalued: true }),
  },
  {
    prefix: "aws:PrincipalTag/",
    keyOf: (name, text) =>
      key(
        text,
        ofCaller(({ tags }) => readTag(tags, name)),
      ),
  },
  { prefix: "aws:ResourceTag/", keyOf: (name, text) => key(text, ({ serviceTags }) => readTag(serviceTags, name)) },
];

const byName = new Map(conditionKeys.map((known) => [known.name.toLowerCase(), known]));

/** @returns the key of a name (compared in any case, except what follows `/` of tags and query keys), or undefined */
export function findConditionKey(text: string): ConditionKey | undefined {
  const lower = text.toLowerCase();
  const known = byName.get(lower);
  if (known !== undefined) return known;
  const family = families.find(({ prefix }) => lower.startsWith(prefix.toLowerCase()));
  const name = text.slice(family?.prefix.length ?? text.length);
  return name === "" ? undefined : family?.keyOf(name, text);
}

/** A key that IAM or another service may have: absent from every request to a service, and known only where the request says so. */
function otherKey(name: string): ConditionKey {
  const lower = name.toLowerCase();
  return {
    ...single,
    name,
    read: ({ keys }) => (keys !== undefined && Object.hasOwn(keys, lower) ? keys[lower] : undefined),
  };
}

/** @returns the key that a policy means by a name */
export function conditionKey(name: string): ConditionKey {
  return findConditionKey(name) ?? otherKey(name);
}

/** @returns a hint at the known key that `text` most likely meant, or `""` */
export function keySuggestion(text: string): string {
  const slash = text.indexOf("/");
  if (slash < 0) return suggestion(text, [...conditionKeys.map(({ name }) => name)]);
  return suggestion(
    text.slice(0, slash + 1),
    families.map(({ prefix }) => prefix),
  );
}
