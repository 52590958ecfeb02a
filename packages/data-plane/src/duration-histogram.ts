/** Each octave of microseconds has so many buckets of the same width: a quantile is within 7 % of the truth. */
const bucketsPerOctave = 8;
/** Up to 2^31 µs, 36 minutes; what takes longer is in the last one. */
const buckets = 29 * bucketsPerOctave;
const longest = 2 ** 31 - 1;

/** How long requests took, as it is read. */
export type DurationTotals = Readonly<Omit<DurationHistogram, "note">>;

/** From (included) and to (not included) in milliseconds. */
export interface DurationBucket {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** How long requests took. To note one is integer arithmetic and one addition. */
export class DurationHistogram {
  /** Milliseconds, all of them together. */
  sum = 0;
  /** Milliseconds; 0 until there is one. */
  longest = 0;
  readonly #counts = new Float64Array(buckets);

  /** @param milliseconds not negative */
  note(milliseconds: number): void {
    const micros = milliseconds * 1_000 < longest ? (milliseconds * 1_000) | 0 : longest;
    const at = bucketOf(micros);
    this.#counts[at] = (this.#counts[at] as number) + 1;
    this.sum += milliseconds;
    if (milliseconds > this.longest) this.longest = milliseconds;
  }

  /** @returns buckets that are not empty, shortest first */
  filled(): readonly DurationBucket[] {
    const found: DurationBucket[] = [];
    for (const [at, count] of this.#counts.entries()) {
      if (count > 0) found.push({ from: microsAt(at) / 1_000, to: microsAt(at + 1) / 1_000, count });
    }
    return found;
  }
}

function bucketOf(micros: number): number {
  if (micros < bucketsPerOctave) return micros;
  const octave = 31 - Math.clz32(micros);
  return ((octave - 2) << 3) | ((micros >> (octave - 3)) & 7);
}

/** The inverse: where a bucket begins. */
function microsAt(bucket: number): number {
  if (bucket < bucketsPerOctave) return bucket;
  return (bucketsPerOctave + (bucket & 7)) * 2 ** ((bucket >> 3) - 1);
}
