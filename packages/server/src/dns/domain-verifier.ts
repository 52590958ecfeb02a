import { reportVerified, type VerifierPorts, verifyDomains } from "@pergola/control-plane";
import type { Logger } from "@pergola/core";

/** How long a placed record waits at most; a round without pending domains is one read of the store. */
const pauseMs = 10_000;

/** Looks up what is to be verified, round after round. */
export interface DomainVerifier {
  /** Ends after the round that is under way, which takes some seconds when the DNS is silent. */
  close(): Promise<void>;
}

/**
 * Starts the rounds of `verifyDomains`, one at a time, the first at once.
 * @param pause in ms, from the end of a round to the next
 */
export function startDomainVerifier(ports: VerifierPorts, logger: Logger, pause = pauseMs): DomainVerifier {
  let isClosed = false;
  let round = Promise.resolve();
  let timer = setTimeout(next, 0);
  timer.unref();

  function next(): void {
    round = runRound(ports, logger).then(() => {
      if (isClosed) return;
      timer = setTimeout(next, pause);
      timer.unref();
    });
  }
  return {
    close() {
      isClosed = true;
      clearTimeout(timer);
      return round;
    },
  };
}

/** Never rejects: a store that fails now may be there in the next round. */
async function runRound(ports: VerifierPorts, logger: Logger): Promise<void> {
  try {
    reportVerified(await verifyDomains(ports), logger);
  } catch (error) {
    logger.error("domain verifications could not be looked up", { error });
  }
}
