import type { HeaderMatch, RuleMatch } from "./resources/rule.ts";

/** What rules look at. `path` is raw: no query, nothing decoded or normalised. Source: lattice user guide, listener rules. */
export interface MatchInput {
  readonly method: string;
  readonly path: string;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
}

/**
 * Rules compiled for matching. The cost of a match grows with the number of nested prefixes of the path and of header names in
 * use, not with the number of rules, as long as rules differ by path, method or the exact value of a header.
 */
export interface RuleIndex {
  /** @returns the position of the first matching rule in the list that was compiled, or -1 */
  match(input: MatchInput): number;
}

/**
 * Tells whether one rule matches; the definition that the index has to agree with.
 * Paths: plain string prefix, insensitive unless `caseSensitive`. A repeated header matches when one of its values or all of
 * them joined by `, ` do.
 */
export function ruleMatches(match: RuleMatch, input: MatchInput): boolean {
  const { method, pathMatch, headerMatches } = match.httpMatch;
  if (method !== undefined && method !== input.method) return false;
  if (pathMatch !== undefined) {
    const path = fold(input.path, pathMatch.caseSensitive);
    if ("exact" in pathMatch.match) {
      if (path !== fold(pathMatch.match.exact, pathMatch.caseSensitive)) return false;
    } else if (!path.startsWith(fold(pathMatch.match.prefix, pathMatch.caseSensitive))) return false;
  }
  return headersMatch(headerMatches ?? [], input.rawHeaders);
}

/** @param rules in ascending order of priority: the first that matches wins */
export function compileRules(rules: readonly RuleMatch[]): RuleIndex {
  const sensitive = new PathTable(false);
  const insensitive = new PathTable(true);
  const anyPath = new Bucket();
  for (const [rank, rule] of rules.entries()) {
    const { pathMatch } = rule.httpMatch;
    const table = pathMatch?.caseSensitive === true ? sensitive : insensitive;
    const bucket = pathMatch === undefined ? anyPath : table.bucketOf(pathMatch.match);
    bucket.add(rank, rule);
  }
  sensitive.link();
  insensitive.link();
  return {
    match(input) {
      let best = anyPath.search(input, rules, rules.length);
      best = sensitive.search(input, rules, best);
      best = insensitive.search(input, rules, best);
      return best === rules.length ? -1 : best;
    },
  };
}

/** Buckets by path: exact values in a map, prefixes sorted, each linked to the longest other prefix that it begins with. */
class PathTable {
  readonly #folds: boolean;
  readonly #exact = new Map<string, Bucket>();
  readonly #prefixes = new Map<string, Bucket>();
  #sorted: PrefixNode[] = [];

  constructor(folds: boolean) {
    this.#folds = folds;
  }

  bucketOf(match: { readonly exact: string } | { readonly prefix: string }): Bucket {
    const isExact = "exact" in match;
    const map = isExact ? this.#exact : this.#prefixes;
    const text = isExact ? match.exact : match.prefix;
    const key = this.#folds ? text.toLowerCase() : text;
    const bucket = map.get(key) ?? new Bucket();
    map.set(key, bucket);
    return bucket;
  }

  link(): void {
    const nodes: PrefixNode[] = [];
    const open: PrefixNode[] = [];
    for (const [prefix, bucket] of [...this.#prefixes].sort(([a], [b]) => (a < b ? -1 : 1))) {
      while (open.length > 0 && !prefix.startsWith(open.at(-1)?.prefix ?? "")) open.pop();
      const node: PrefixNode = { prefix, bucket, parent: open.at(-1) };
      nodes.push(node);
      open.push(node);
    }
    this.#sorted = nodes;
  }

  /** @returns the lowest matching rank below `best`, else `best` */
  search(input: MatchInput, rules: readonly RuleMatch[], best: number): number {
    if (this.#exact.size === 0 && this.#sorted.length === 0) return best;
    const path = this.#folds ? input.path.toLowerCase() : input.path;
    let found = this.#exact.get(path)?.search(input, rules, best) ?? best;
    // INVARIANT (prefix chain): every prefix of `path` is the greatest entry not above `path`, or one of its ancestors.
    let node = this.#floor(path);
    while (node !== undefined && !path.startsWith(node.prefix)) node = node.parent;
    for (; node !== undefined; node = node.parent) found = node.bucket.search(input, rules, found);
    return found;
  }

  #floor(path: string): PrefixNode | undefined {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle] as PrefixNode).prefix <= path) low = middle + 1;
      else high = middle;
    }
    return this.#sorted[low - 1];
  }
}

interface PrefixNode {
  readonly prefix: string;
  readonly bucket: Bucket;
  readonly parent: PrefixNode | undefined;
}

/** Rules with the same path condition. */
class Bucket {
  #first = Number.POSITIVE_INFINITY;
  readonly #byMethod = new Map<string, Group>();
  readonly #anyMethod = new Group();

  add(rank: number, rule: RuleMatch): void {
    this.#first = Math.min(this.#first, rank);
    const { method, headerMatches = [] } = rule.httpMatch;
    let group = this.#anyMethod;
    if (method !== undefined) {
      group = this.#byMethod.get(method) ?? new Group();
      this.#byMethod.set(method, group);
    }
    group.add(rank, headerMatches);
  }

  search(input: MatchInput, rules: readonly RuleMatch[], best: number): number {
    if (this.#first >= best) return best;
    const found = this.#anyMethod.search(input, rules, best);
    return this.#byMethod.size === 0 ? found : (this.#byMethod.get(input.method)?.search(input, rules, found) ?? found);
  }
}

/** Rules with the same path and method condition, told apart by their headers. Ranks are added in ascending order. */
class Group {
  /** The first rule without header conditions hides all later ones. */
  #plain = Number.POSITIVE_INFINITY;
  /** Header name → folded exact value → ranks. */
  readonly #exact = new Map<string, Map<string, number[]>>();
  /** Rules whose headers are all prefix or contains matches. */
  readonly #scanned: number[] = [];

  add(rank: number, headers: readonly HeaderMatch[]): void {
    if (rank > this.#plain) return;
    if (headers.length === 0) {
      this.#plain = rank;
      return;
    }
    for (const { name, match } of headers) {
      if (!("exact" in match)) continue;
      const values = getOrAdd(this.#exact, name.toLowerCase(), () => new Map<string, number[]>());
      getOrAdd(values, match.exact.toLowerCase(), () => []).push(rank);
      return;
    }
    this.#scanned.push(rank);
  }

  search(input: MatchInput, rules: readonly RuleMatch[], best: number): number {
    let found = Math.min(best, this.#plain);
    for (const [name, values] of this.#exact) found = searchExact(name, values, input, rules, found);
    return firstMatching(this.#scanned, input, rules, found);
  }
}

function searchExact(
  name: string,
  values: ReadonlyMap<string, readonly number[]>,
  input: MatchInput,
  rules: readonly RuleMatch[],
  best: number,
): number {
  const { rawHeaders } = input;
  let found = best;
  let joined: string | undefined;
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const candidate = rawHeaders[i] as string;
    if (candidate.length !== name.length || candidate.toLowerCase() !== name) continue;
    const value = (rawHeaders[i + 1] as string).toLowerCase();
    joined = joined === undefined ? value : `${joined}, ${value}`;
    count += 1;
    found = firstMatching(values.get(value), input, rules, found);
  }
  return count > 1 ? firstMatching(values.get(joined as string), input, rules, found) : found;
}

function firstMatching(
  ranks: readonly number[] | undefined,
  input: MatchInput,
  rules: readonly RuleMatch[],
  best: number,
): number {
  if (ranks === undefined) return best;
  for (const rank of ranks) {
    if (rank >= best) return best;
    if (headersMatch((rules[rank] as RuleMatch).httpMatch.headerMatches ?? [], input.rawHeaders)) return rank;
  }
  return best;
}

function headersMatch(wanted: readonly HeaderMatch[], rawHeaders: readonly string[]): boolean {
  for (const header of wanted) if (!headerMatches(header, rawHeaders)) return false;
  return true;
}

function headerMatches(wanted: HeaderMatch, rawHeaders: readonly string[]): boolean {
  const name = wanted.name.toLowerCase();
  let joined: string | undefined;
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const candidate = rawHeaders[i] as string;
    if (candidate.length !== name.length || candidate.toLowerCase() !== name) continue;
    const value = rawHeaders[i + 1] as string;
    if (valueMatches(wanted, value)) return true;
    joined = joined === undefined ? value : `${joined}, ${value}`;
    count += 1;
  }
  return count > 1 && valueMatches(wanted, joined as string);
}

function valueMatches({ match, caseSensitive }: HeaderMatch, raw: string): boolean {
  const value = fold(raw, caseSensitive);
  if ("exact" in match) return value === fold(match.exact, caseSensitive);
  if ("prefix" in match) return value.startsWith(fold(match.prefix, caseSensitive));
  return value.includes(fold(match.contains, caseSensitive));
}

function fold(text: string, caseSensitive: boolean | undefined): string {
  return caseSensitive === true ? text : text.toLowerCase();
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const present = map.get(key);
  if (present !== undefined) return present;
  const added = create();
  map.set(key, added);
  return added;
}
