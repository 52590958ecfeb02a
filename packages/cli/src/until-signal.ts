/** The end of the process as its operator asks for it. */
export interface EndSignal {
  /** Resolves at the first SIGINT or SIGTERM. */
  readonly received: Promise<void>;
  /** Gives the signals their usual effect back. */
  stop(): void;
}

/** Exit codes of a process that a signal ended, as shells count them. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/** From now on the first signal asks for an orderly end, and the second ends the process at once. */
export function untilSignal(): EndSignal {
  const { promise, resolve } = Promise.withResolvers<void>();
  let first = true;
  const onSignal = (name: keyof typeof exitCodes): void => {
    if (!first) process.exit(exitCodes[name]);
    first = false;
    resolve();
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  return {
    received: promise,
    stop: () => void process.off("SIGINT", onSignal).off("SIGTERM", onSignal),
  };
}
