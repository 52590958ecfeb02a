/** Remembers the proofs that have been exchanged, until they are too old anyway. */
export interface ReplayGuard {
  /**
   * Takes a proof, in one step for all processes that share the guard.
   * @param signature 64 hex digits
   * @param until when the proof is too old to be accepted
   * @returns false when it was taken before
   * @throws when nobody can tell: then it must not be accepted
   */
  take(signature: string, until: Date): Promise<boolean>;
}

export interface MemoryReplayGuardOptions {
  readonly now: () => Date;
  /** Proofs remembered at most; default 100,000, about 20 MB. */
  readonly maxRemembered?: number;
}

/** The guard refuses to forget a proof that could still be used. */
export class ReplayGuardFull extends Error {
  override readonly name = "ReplayGuardFull";
}

/** A guard for one process. */
export function createMemoryReplayGuard({ now, maxRemembered = 100_000 }: MemoryReplayGuardOptions): ReplayGuard {
  const taken = new Map<string, number>();
  const forgetOld = (): void => {
    const time = now().getTime();
    for (const [signature, until] of taken) if (until <= time) taken.delete(signature);
  };
  return {
    async take(signature, until) {
      if (taken.has(signature)) return false;
      if (taken.size >= maxRemembered) forgetOld();
      if (taken.size >= maxRemembered) throw new ReplayGuardFull(`${maxRemembered} proofs are remembered already`);
      taken.set(signature, until.getTime());
      return true;
    },
  };
}
