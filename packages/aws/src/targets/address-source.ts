/** Where addresses of one kind of target come from. */
export interface AddressSource {
  /** Most ids of one look-up. */
  readonly maxIds: number;
  /** @returns the addresses that are known; ids without one are left out */
  find(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>>;
}
