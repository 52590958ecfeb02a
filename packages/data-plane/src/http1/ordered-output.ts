import type { Socket } from "node:net";

const nothing = Buffer.alloc(0);

/**
 * The client's side of one response. Responses leave in the order of their requests: until it is a response's turn, what is
 * written is kept, and its writer told to wait.
 */
export class OrderedOutput {
  readonly #socket: Socket;
  #kept: (string | Uint8Array)[] | undefined;

  constructor(socket: Socket, hasTurn: boolean) {
    this.#socket = socket;
    this.#kept = hasTurn ? undefined : [];
  }

  get hasTurn(): boolean {
    return this.#kept === undefined;
  }

  get isDestroyed(): boolean {
    return this.#socket.destroyed;
  }

  /** Whether memory that was written is still in use. */
  get holdsWritten(): boolean {
    return this.#kept !== undefined || this.#socket.writableLength > 0;
  }

  /** @param text Latin-1 */
  writeText(text: string): boolean {
    if (this.#kept === undefined) return this.#socket.write(text, "latin1");
    this.#kept.push(text);
    return false;
  }

  writeBytes(bytes: Uint8Array): boolean {
    if (this.#kept === undefined) return this.#socket.write(bytes);
    this.#kept.push(bytes);
    return false;
  }

  /** What is written until `release` leaves in one system call. */
  hold(): void {
    if (this.#kept === undefined) this.#socket.cork();
  }

  release(): void {
    if (this.#kept === undefined) this.#socket.uncork();
  }

  /** The responses before this one are over. */
  takeTurn(): void {
    const kept = this.#kept;
    if (kept === undefined) return;
    this.#kept = undefined;
    this.#socket.cork();
    for (const part of kept) {
      if (typeof part === "string") this.#socket.write(part, "latin1");
      else this.#socket.write(part);
    }
    this.#socket.uncork();
  }

  /** @param done called once all is with the system, at once where possible, or with an error when it cannot get there any more */
  whenSent(done: (error?: Error | null) => void): void {
    if (this.#socket.writableLength === 0 && !this.#socket.destroyed) done();
    else this.#socket.write(nothing, done);
  }
}
