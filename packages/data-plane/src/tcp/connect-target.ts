import { connect, type Socket } from "node:net";
import type { TargetAddress } from "../target-address.ts";

/**
 * Opens a connection that can be half closed.
 * @param timeout milliseconds
 * @param signal gives up
 * @throws (rejects) the system's error, or one that says it took too long
 */
export function connectTarget({ host, port }: TargetAddress, timeout: number, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
  const timer = setTimeout(() => socket.destroy(tooLate(timeout)), timeout);
  const giveUp = (): void => void socket.destroy(new Error("nobody waits for it any more"));
  signal.addEventListener("abort", giveUp, { once: true });
  if (signal.aborted) giveUp();
  const settle = (): void => {
    clearTimeout(timer);
    signal.removeEventListener("abort", giveUp);
  };
  socket.once("connect", () => {
    settle();
    resolve(socket);
  });
  // Stays, so that no error goes unheard between here and whoever has the connection next.
  socket.on("error", reject);
  socket.once("close", settle);
  return promise;
}

function tooLate(timeout: number): Error {
  return Object.assign(new Error(`no connection within ${timeout} ms`), { code: "ETIMEDOUT" });
}
