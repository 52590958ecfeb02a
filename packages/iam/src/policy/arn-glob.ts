import { compileGlob, type TextTest } from "./glob.ts";
import type { Pattern, PatternPart } from "./pattern.ts";

const arnParts = 6;

/**
 * Splits a pattern at its colons into at most six parts; the sixth keeps its colons. Colons out of variables only count when the
 * pattern has too few of its own: else a value with a colon would move the parts.
 */
function splitPattern(pattern: Pattern): Pattern[] {
  const own = split(pattern, (part) => part.fromVariable === undefined);
  return own.length >= arnParts ? own : split(pattern, () => true);
}

type TextPart = Extract<PatternPart, { kind: "text" }>;

function split(pattern: Pattern, splittable: (part: TextPart) => boolean): Pattern[] {
  const parts: PatternPart[][] = [[]];
  for (const part of pattern) {
    if (part.kind !== "text" || !splittable(part)) {
      parts.at(-1)?.push(part);
      continue;
    }
    let rest = part.text;
    for (let colon = rest.indexOf(":"); colon >= 0 && parts.length < arnParts; colon = rest.indexOf(":")) {
      if (colon > 0) parts.at(-1)?.push({ ...part, text: rest.slice(0, colon) });
      parts.push([]);
      rest = rest.slice(colon + 1);
    }
    if (rest !== "") parts.at(-1)?.push({ ...part, text: rest });
  }
  return parts;
}

const isStar = (pattern: Pattern | undefined): boolean =>
  pattern !== undefined && pattern.length > 0 && pattern.every((part) => part.kind === "any");

/**
 * @returns whether the pattern can be matched part by part: it has six parts, or fewer of which the last is `*`
 */
export function isArnPattern(pattern: Pattern): boolean {
  const parts = splitPattern(pattern);
  return parts.length >= arnParts || isStar(parts.at(-1));
}

/**
 * Compiles a pattern of ARNs whose parts match separately: a `*` never reaches over the first five colons. Without this a caller
 * of `…:service/svc-a` could put `:service/svc-b/` into its path and so satisfy `arn:aws:vpc-lattice:*:*:service/svc-b/*`.
 * Source: IAM user guide, "Amazon Resource Name (ARN) condition operators", read 2026-11.
 * @returns a test that says no to a text of fewer than six parts and for a pattern that `isArnPattern` refuses
 */
export function compileArnGlob(pattern: Pattern): TextTest {
  const parts = splitPattern(pattern);
  if (parts.length >= arnParts && parts.slice(0, arnParts - 1).every(isPlain)) return compileGlob(pattern);
  if (parts.length < arnParts) {
    if (!isStar(parts.at(-1))) return () => false;
    while (parts.length < arnParts) parts.push([{ kind: "any" }]);
  }
  const tests = parts.map(compileGlob);
  return (text) => {
    let from = 0;
    for (let i = 0; i < arnParts - 1; i += 1) {
      const colon = text.indexOf(":", from);
      if (colon < 0 || !(tests[i] as TextTest)(text.slice(from, colon))) return false;
      from = colon + 1;
    }
    return (tests[arnParts - 1] as TextTest)(text.slice(from));
  };
}

/** Plain text whose colons, if any, are not a caller's. */
function isPlain(part: Pattern): boolean {
  return part.every((piece) => piece.kind === "text" && !piece.text.includes(":"));
}

/** @returns whether a text has the six parts of an ARN */
export function hasArnParts(text: string): boolean {
  let colons = 0;
  for (let at = text.indexOf(":"); at >= 0; at = text.indexOf(":", at + 1)) {
    colons += 1;
    if (colons === arnParts - 1) return true;
  }
  return false;
}
