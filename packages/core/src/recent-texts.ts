/** Longer texts are not kept. */
const maxLength = 256;
/** A power of two. */
const placeCount = 64;
const sampled = 8;

/**
 * What a function makes of texts that come again and again, as hosts do. A text has one place, which it takes from the text before it:
 * what strangers send makes this as slow as the function itself, and never larger.
 *
 * Compared with `===`, which for texts of some length takes a tenth of what `startsWith` or a hash of the text would.
 */
export class RecentTexts<T> {
  readonly #make: (text: string) => T;
  readonly #places: ({ readonly text: string; readonly made: T } | undefined)[] = new Array(placeCount).fill(undefined);

  /** @param make has to give the same for the same text, and what nobody changes */
  constructor(make: (text: string) => T) {
    this.#make = make;
  }

  /** @returns what the function makes of `text` */
  of(text: string): T {
    const place = placeOf(text);
    const known = this.#places[place];
    if (known !== undefined && known.text === text) return known.made;
    if (text.length > maxLength) return this.#make(text);
    // A copy: a part of a request's head would keep all of it in memory.
    const copy = Buffer.from(text).toString();
    const made = this.#make(copy);
    this.#places[place] = { text: copy, made };
    return made;
  }
}

/** Mixed from characters all along the text: hosts differ in the middle. */
function placeOf(text: string): number {
  const { length } = text;
  let mixed = length;
  for (let i = 1; i <= sampled; i += 1) mixed = Math.imul(mixed, 31) + text.charCodeAt(((length * i) >> 3) - 1);
  return mixed & (placeCount - 1);
}
