import type { AuthContext, PolicyDecision } from "../auth-context.ts";
import type { Test } from "./compile-condition.ts";
import type { CompiledStatement } from "./compile-statement.ts";
import { literalPrefix, type Template } from "./pattern.ts";
import type { PrincipalElement } from "./statement.ts";

/**
 * Finds the statements that can match a request without looking at the others: by the first segment of the path where their
 * resources begin with one, and by the caller where they name callers. Measured in bench/policy: 100 statements cost less than
 * twice as much as 5.
 */
export interface StatementIndex {
  /** Statements that may match any resource. */
  readonly general: Bucket;
  /** By ARN of the service, then by first segment of the path. */
  readonly byService: ReadonlyMap<string, ReadonlyMap<string, Bucket>>;
  /** All of them, for a resource that is not under its service's ARN. */
  readonly all: Bucket;
}

/** Statements by effect. */
interface Bucket {
  readonly Deny: CallerBucket;
  readonly Allow: CallerBucket;
}

interface CallerBucket {
  /** Statements about everyone. */
  readonly general: Test[];
  /** By ARN or account of the caller, whose principal tests are left out; undefined when there are none. */
  byCaller: Map<string, Test[]> | undefined;
}

/** @param statements of one action */
export function indexStatements(statements: readonly CompiledStatement[]): StatementIndex {
  const general = emptyBucket();
  const all = emptyBucket();
  const byService = new Map<string, Map<string, Bucket>>();
  for (const statement of statements) {
    addTo(all, statement);
    const places = placesOf(statement);
    if (places === undefined) addTo(general, statement);
    for (const [service, segments] of places ?? []) {
      const bySegment = getOrSet(byService, service, () => new Map<string, Bucket>());
      for (const segment of segments) addTo(getOrSet(bySegment, segment, emptyBucket), statement);
    }
  }
  return { general, byService, all };
}

/** @returns the decision of the statements in the index */
export function decideByIndex({ general, byService, all }: StatementIndex, context: AuthContext): PolicyDecision {
  let first = general;
  let second: Bucket | undefined;
  if (byService.size > 0) {
    const segment = firstSegment(context);
    if (segment === undefined) first = all;
    else second = byService.get(context.serviceArn)?.get(segment);
  }
  if (bucketMatches(first.Deny, context)) return "ExplicitDeny";
  if (second !== undefined && bucketMatches(second.Deny, context)) return "ExplicitDeny";
  if (bucketMatches(first.Allow, context)) return "Allow";
  return second !== undefined && bucketMatches(second.Allow, context) ? "Allow" : "ImplicitDeny";
}

/**
 * @returns the text between the first two slashes of the path, `""` for Connect, whose resource has no path, and undefined for a
 * resource that is not under the ARN of its service
 */
function firstSegment({ resource, serviceArn }: AuthContext): string | undefined {
  if (!resource.startsWith(serviceArn)) return undefined;
  if (resource.length === serviceArn.length) return "";
  const from = serviceArn.length + 1;
  if (resource.charCodeAt(from - 1) !== slash) return undefined;
  const end = resource.indexOf("/", from);
  return end < 0 ? resource.slice(from) : resource.slice(from, end);
}

const slash = 47;

function bucketMatches({ general, byCaller }: CallerBucket, context: AuthContext): boolean {
  if (some(general, context)) return true;
  const { principal } = context;
  if (byCaller === undefined || principal.kind !== "aws") return false;
  return (
    some(byCaller.get(principal.roleArn ?? principal.arn), context) ||
    (principal.roleArn !== undefined && some(byCaller.get(principal.arn), context)) ||
    some(byCaller.get(principal.account), context)
  );
}

function some(tests: readonly Test[] | undefined, context: AuthContext): boolean {
  if (tests === undefined) return false;
  for (let i = 0; i < tests.length; i += 1) if ((tests[i] as Test)(context)) return true;
  return false;
}

function addTo(byEffect: Bucket, statement: CompiledStatement): void {
  const bucket = byEffect[statement.source.effect];
  const callers = callersOf(statement.source.principal);
  const test = testOf(statement);
  if (callers === undefined) {
    bucket.general.push(test);
    return;
  }
  bucket.byCaller ??= new Map();
  for (const caller of callers) getOrSet(bucket.byCaller, caller, () => []).push(test);
}

/** @returns the keys of a statement that names callers one by one, else undefined */
function callersOf(principal: PrincipalElement | undefined): ReadonlySet<string> | undefined {
  if (principal === undefined || principal.negated || principal.everyone || principal.providers.length > 0)
    return undefined;
  return new Set([...principal.arns, ...principal.accounts]);
}

/** The action is decided by the choice of the index; `Principal` by the bucket, or it is everyone. */
const decided: readonly string[] = ["Action", "NotAction", "Principal"];

function testOf({ elements, source }: CompiledStatement): Test {
  const anyResource = !source.resource.negated && source.resource.texts.includes("*");
  const tests = elements
    .filter(({ name }) => !decided.includes(name) && !(anyResource && name === "Resource"))
    .map(({ test }) => test);
  return allOf(tests);
}

/** Written out up to three: a loop over two tests costs about as much as they do. */
function allOf(tests: readonly Test[]): Test {
  const [a, b, c] = tests;
  if (a === undefined) return () => true;
  if (b === undefined) return a;
  if (c === undefined) return (context) => a(context) && b(context);
  if (tests.length === 3) return (context) => a(context) && b(context) && c(context);
  return (context) => {
    for (let i = 0; i < tests.length; i += 1) if (!(tests[i] as Test)(context)) return false;
    return true;
  };
}

const servicePath = /^(arn:[^:]*:[^:]*:[^:]*:[^:]*:service\/[^/]+)\/([^/]*)(\/?)/;

/** @returns for each service the first segments that a statement's resources begin with, undefined when one has none */
function placesOf({ source }: CompiledStatement): ReadonlyMap<string, ReadonlySet<string>> | undefined {
  if (source.resource.negated) return undefined;
  const places = new Map<string, Set<string>>();
  for (const template of source.resource.templates) {
    const place = placeOf(template);
    if (place === undefined) return undefined;
    getOrSet(places, place.service, () => new Set<string>()).add(place.segment);
  }
  return places;
}

function placeOf(template: Template): { service: string; segment: string } | undefined {
  const match = servicePath.exec(literalPrefix(template));
  const [, service, segment, end] = match ?? [];
  if (service === undefined || segment === undefined) return undefined;
  const literal = template.every(({ kind }) => kind === "text");
  return end === "/" || literal ? { service, segment } : undefined;
}

function emptyBucket(): Bucket {
  return { Deny: { general: [], byCaller: undefined }, Allow: { general: [], byCaller: undefined } };
}

function getOrSet<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const created = create();
  map.set(key, created);
  return created;
}
