import type { Socket } from "node:net";
import { monotonicNow } from "@pergola/core";
import type { CoarseClock, Timed } from "../http1/coarse-clock.ts";
import { reset } from "./reset.ts";

/**
 * Why a tunnel is over. `ended`: both sides have said all they had to. `client-gone`, `target-gone`: that side broke off.
 * `cut`: this side closes.
 */
export type TunnelEnd = "ended" | "client-gone" | "target-gone" | "idle" | "too-old" | "cut";

export interface TunnelSettings {
  readonly clock: CoarseClock;
  /** What the client has sent already. */
  readonly first: Buffer;
  /** Milliseconds in which neither side sends anything. */
  readonly idleTimeout: number;
  /** Milliseconds that the tunnel may last; `Infinity` for any time. */
  readonly maxDuration: number;
  /** Called once, when both connections are over. */
  onEnd(end: TunnelEnd): void;
}

/** When a tunnel has to end, one that nothing moves in ends after so many milliseconds. */
const lastPause = 1_000;

/**
 * Two connections whose bytes go over to the other one, each at the pace of its reader. The end of one direction is passed on and
 * leaves the other open; a break is passed on as a break.
 */
export class Tunnel implements Timed {
  bytesFromClient = 0;
  bytesFromTarget = 0;
  readonly #client: Socket;
  readonly #target: Socket;
  readonly #settings: TunnelSettings;
  readonly #expiresAt: number;
  #movedAt: number;
  #isEnding = false;
  #end: TunnelEnd | undefined;
  #open = 2;

  /** @param client both sides allow half-open connections, and nobody else listens to their data any more */
  constructor(client: Socket, target: Socket, settings: TunnelSettings) {
    this.#client = client;
    this.#target = target;
    this.#settings = settings;
    this.#movedAt = monotonicNow();
    this.#expiresAt = this.#movedAt + settings.maxDuration;
    settings.clock.add(this);
    this.bytesFromClient = settings.first.length;
    if (settings.first.length > 0) target.write(settings.first);
    this.#connect(client, target, "client-gone", (length) => {
      this.bytesFromClient += length;
    });
    this.#connect(target, client, "target-gone", (length) => {
      this.bytesFromTarget += length;
    });
  }

  /** Lets what is in motion finish, and ends the tunnel when nothing moves any more. */
  end(): void {
    this.#isEnding = true;
  }

  #connect(from: Socket, to: Socket, gone: TunnelEnd, count: (length: number) => void): void {
    from.setTimeout(0);
    from.on("data", (chunk: Buffer) => {
      this.#movedAt = this.#settings.clock.now;
      count(chunk.length);
      if (!to.write(chunk)) from.pause();
    });
    to.on("drain", () => {
      this.#movedAt = this.#settings.clock.now;
      from.resume();
    });
    from.on("end", () => to.end());
    from.on("error", () => this.#break(gone));
    from.on("close", () => this.#onClose(from, gone));
    // Broken before anybody listened: its event has passed.
    if (from.closed) queueMicrotask(() => this.#onClose(from, gone));
    else if (from.readableEnded) to.end();
    else from.resume();
  }

  #onClose(socket: Socket, gone: TunnelEnd): void {
    this.#open -= 1;
    const isWhole = socket.readableEnded && socket.writableFinished;
    if (!isWhole) this.#break(gone);
    if (this.#open > 0) return;
    this.#settings.clock.delete(this);
    this.#settings.onEnd(this.#end ?? "ended");
  }

  #break(end: TunnelEnd): void {
    this.#end ??= end;
    reset(this.#client);
    reset(this.#target);
  }

  checkDeadlines(now: number): void {
    if (now >= this.#expiresAt) this.#break("too-old");
    else if (now - this.#movedAt > this.#settings.idleTimeout) this.#break("idle");
    else if (this.#isEnding && now - this.#movedAt > lastPause) this.#break("cut");
  }
}
