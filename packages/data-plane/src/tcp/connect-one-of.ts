import type { Socket } from "node:net";
import { nextTarget, type RoutableTarget, type TargetRotation } from "../configuration/compile-targets.ts";
import type { TargetAddress } from "../target-address.ts";
import { connectTarget } from "./connect-target.ts";

export interface ConnectAttempts {
  /** Milliseconds for each target. */
  readonly timeout: number;
  /** Whose connection it is for: when it closes, nobody is connected. */
  readonly client: Socket;
  /** @returns undefined when nobody knows where the target is */
  addressOf(target: RoutableTarget): Promise<TargetAddress | undefined>;
  /** @param attempt 0 for the first */
  onAttempt(address: TargetAddress, attempt: number): void;
  onFailure(error: unknown): void;
}

/** Nothing has been sent yet, so any target may be tried; a client does not wait for more than this. */
const maxAttempts = 3;

/**
 * Connects to the target whose turn it is, or else to the next ones, each once.
 * @returns the connection, or why there is none
 */
export async function connectOneOf(
  rotation: TargetRotation,
  attempts: ConnectAttempts,
): Promise<Socket | "noTarget" | "targetUnreachable" | "clientGone"> {
  const { client, timeout } = attempts;
  const gone = new AbortController();
  const onClose = (): void => gone.abort();
  client.once("close", onClose);
  if (client.destroyed) gone.abort();
  try {
    const tried = new Set<RoutableTarget>();
    for (let attempt = 0; attempt < maxAttempts && !gone.signal.aborted; attempt += 1) {
      const target = nextUntried(rotation, tried);
      if (target === undefined) break;
      tried.add(target);
      const address = await attempts.addressOf(target);
      if (address === undefined) continue;
      attempts.onAttempt(address, attempt);
      try {
        return await connectTarget(address, timeout, gone.signal);
      } catch (error) {
        if (!gone.signal.aborted) attempts.onFailure(error);
      }
    }
    if (gone.signal.aborted) return "clientGone";
    return rotation.targets.length === 0 ? "noTarget" : "targetUnreachable";
  } finally {
    client.off("close", onClose);
  }
}

function nextUntried(rotation: TargetRotation, tried: ReadonlySet<RoutableTarget>): RoutableTarget | undefined {
  for (let turn = 0; turn < rotation.targets.length; turn += 1) {
    const target = nextTarget(rotation);
    if (target !== undefined && !tried.has(target)) return target;
  }
  return undefined;
}
