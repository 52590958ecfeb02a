/** A bounded number of things at once; the rest waits its turn. */
export interface Slots {
  /** Runs `task` when there is room. */
  run<T>(task: () => Promise<T>): Promise<T>;
}

/** @param count how many tasks run at once */
export function slots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];
  return {
    async run(task) {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await task();
      } finally {
        const next = waiting.shift();
        if (next === undefined) free += 1;
        else next();
      }
    },
  };
}
