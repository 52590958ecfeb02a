/** A key, and the values that it may have; none: any value. */
export interface TagFilter {
  readonly Key: string;
  readonly Values?: readonly string[];
}

/** @returns whether tags pass every filter; keys and values are compared exactly, the values of one filter are alternatives */
export function matchesTagFilters(tags: Readonly<Record<string, string>>, filters: readonly TagFilter[] = []): boolean {
  return filters.every(({ Key, Values = [] }) => {
    if (!Object.hasOwn(tags, Key)) return false;
    return Values.length === 0 || Values.includes(tags[Key] as string);
  });
}
