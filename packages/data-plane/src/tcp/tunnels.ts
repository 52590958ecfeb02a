import type { CoarseClock } from "../http1/coarse-clock.ts";
import type { Tunnel } from "./tunnel.ts";

/** The tunnels of a port, which end with it. */
export class Tunnels {
  readonly clock: CoarseClock;
  readonly #open = new Set<Tunnel>();
  #isEnding = false;

  constructor(clock: CoarseClock) {
    this.clock = clock;
  }

  add(tunnel: Tunnel): void {
    this.#open.add(tunnel);
    if (this.#isEnding) tunnel.end();
  }

  delete(tunnel: Tunnel): void {
    this.#open.delete(tunnel);
  }

  /** Ends each as soon as nothing moves in it. */
  end(): void {
    this.#isEnding = true;
    for (const tunnel of this.#open) tunnel.end();
  }
}
