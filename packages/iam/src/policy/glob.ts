import { type Pattern, type PatternPart, patternText } from "./pattern.ts";
import { findWithHoles, hole, matchesWithHoles, type WildSegment, wildSegment } from "./wild-segment.ts";

/** Says whether a text matches. */
export type TextTest = (text: string) => boolean;

/** What stands between two `*`. */
type Segment = string | WildSegment;

/**
 * Compiles a pattern with `*` (any characters, also `/` and `:`) and `?` (one UTF-16 unit).
 *
 * Segments between stars are searched from left to right and never again: the leftmost place of each leaves the most room for
 * the rest, so there is nothing to backtrack to. Plain segments cost what String.indexOf costs, those with `?` at most
 * text × segment / 32.
 */
export function compileGlob(pattern: Pattern): TextTest {
  const segments = segmentsOf(pattern);
  const first = segments[0] as Segment;
  const last = segments.at(-1) as Segment;
  if (segments.length === 1) {
    return typeof first === "string"
      ? (text) => text === first
      : (text) => text.length === first.length && matchesWithHoles(text, first, 0);
  }
  const middle = segments.slice(1, -1).filter((segment) => segment.length > 0);
  const least = first.length + last.length;
  if (middle.length === 0 && least === 0) return () => true;
  if (middle.length === 0 && typeof first === "string" && last === "") return (text) => text.startsWith(first);
  return (text) => {
    if (text.length < least || !standsAt(text, first, 0)) return false;
    const end = text.length - last.length;
    let from = first.length;
    for (const segment of middle) {
      const at = typeof segment === "string" ? text.indexOf(segment, from) : findWithHoles(text, segment, from);
      if (at < 0) return false;
      from = at + segment.length;
    }
    return from <= end && standsAt(text, last, end);
  };
}

function standsAt(text: string, segment: Segment, at: number): boolean {
  return typeof segment === "string" ? text.startsWith(segment, at) : matchesWithHoles(text, segment, at);
}

/** INVARIANT: at least one segment; one more than there are stars, repeated stars counting as one. */
function segmentsOf(pattern: Pattern): Segment[] {
  const segments: Segment[] = [];
  let current: PatternPart[] = [];
  let afterStar = false;
  for (const part of pattern) {
    if (part.kind !== "any") current.push(part);
    else if (!afterStar) {
      segments.push(segmentOf(current));
      current = [];
    }
    afterStar = part.kind === "any";
  }
  return [...segments, segmentOf(current)];
}

function segmentOf(parts: Pattern): Segment {
  const text = patternText(parts);
  if (!parts.some((part) => part.kind === "one")) return text;
  return wildSegment(parts.flatMap((part) => (part.kind === "text" ? codesOf(part.text) : [hole])));
}

function codesOf(text: string): number[] {
  return Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
}
