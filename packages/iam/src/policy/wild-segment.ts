/** Stands for `?` among the UTF-16 codes of a segment. */
export const hole = -1;

/** Up to here comparing at each place costs no more than the bit masks. */
const shortSegment = 8;

/** Text with `?` that stands between two stars. */
export interface WildSegment {
  /** UTF-16 codes, `hole` for `?`. */
  readonly codes: readonly number[];
  readonly length: number;
  /** Made at the first search, for long segments. */
  masks: Masks | undefined;
}

/** @returns the segment of these codes */
export function wildSegment(codes: readonly number[]): WildSegment {
  return { codes, length: codes.length, masks: undefined };
}

/** @returns whether the segment stands at `at`; the caller sees to it that it fits, or the answer is false */
export function matchesWithHoles(text: string, { codes }: WildSegment, at: number): boolean {
  if (at + codes.length > text.length) return false;
  for (let i = 0; i < codes.length; i += 1) {
    const code = codes[i];
    if (code !== hole && code !== text.charCodeAt(at + i)) return false;
  }
  return true;
}

/**
 * @returns the leftmost place at or after `from` where the segment stands, or -1. Long segments are searched bit-parallel
 * (Shift-And): `a?a?a?…` against `aaaa…` must not cost text × segment.
 */
export function findWithHoles(text: string, segment: WildSegment, from: number): number {
  if (segment.length > shortSegment) return shiftAnd(text, segment, from);
  const end = text.length - segment.length;
  for (let at = from; at <= end; at += 1) if (matchesWithHoles(text, segment, at)) return at;
  return -1;
}

/** Bit i of `state` says: the last i + 1 characters match the first i + 1 of the segment. */
function shiftAnd(text: string, segment: WildSegment, from: number): number {
  const words = Math.ceil(segment.length / 32);
  segment.masks ??= masksOf(segment.codes, words);
  const { byCode, holes } = segment.masks;
  const state = new Uint32Array(words);
  const lastWord = words - 1;
  const lastBit = (segment.length - 1) % 32;
  for (let at = from; at < text.length; at += 1) {
    const mask = byCode.get(text.charCodeAt(at)) ?? holes;
    let carry = 1;
    for (let w = 0; w < words; w += 1) {
      const word = state[w] as number;
      state[w] = ((word << 1) | carry) & (mask[w] as number);
      carry = word >>> 31;
    }
    if ((((state[lastWord] as number) >>> lastBit) & 1) === 1) return at + 1 - segment.length;
  }
  return -1;
}

interface Masks {
  /** By character code: where the segment has this character or a hole. */
  readonly byCode: ReadonlyMap<number, Uint32Array>;
  /** For every other character. */
  readonly holes: Uint32Array;
}

function masksOf(codes: readonly number[], words: number): Masks {
  const holes = new Uint32Array(words);
  const set = (mask: Uint32Array, i: number): void => {
    mask[i >>> 5] = (mask[i >>> 5] as number) | (1 << (i & 31));
  };
  codes.forEach((code, i) => {
    if (code === hole) set(holes, i);
  });
  const byCode = new Map<number, Uint32Array>();
  codes.forEach((code, i) => {
    if (code === hole) return;
    const mask = byCode.get(code) ?? holes.slice();
    set(mask, i);
    byCode.set(code, mask);
  });
  return { byCode, holes };
}
