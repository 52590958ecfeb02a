import { InvalidArgumentError } from "commander";

/**
 * Collects an option that can be given several times.
 * @returns what was there and this value; for commander's `argParser`
 */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Collects `key=value` options. @throws InvalidArgumentError without `=`, without a key, or with a key that came before */
export function collectKeyValue(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("must be key=value");
  const key = text.slice(0, at);
  if (Object.hasOwn(before, key)) throw new InvalidArgumentError(`\`${key}\` is given twice`);
  return { ...before, [key]: text.slice(at + 1) };
}

/** @returns commander's parser for a whole number of a range. @throws InvalidArgumentError for anything else */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`must be a whole number from ${min} to ${max}`);
  };
}
