import type { Socket } from "node:net";
import type { BodySink } from "../exchange.ts";
import type { ConnectionCounts } from "../traffic.ts";
import type { TargetResponse } from "./response-head.ts";

/**
 * Why a target has not answered. `stale`: a kept connection was closed before it answered anything, as when the close crosses
 * with the request.
 */
export type TargetFailure = "unreachable" | "stale" | "closed" | "protocol" | "timeout";

/** One request, as its connection sees it. Each ends with either `onEnd` or `onFailure`. */
export interface TargetRequest {
  /** Latin-1, with its empty line. */
  readonly text: string;
  readonly isHead: boolean;
  /** Bytes of body, -1 when it goes in chunks. */
  readonly bodyLength: number;
  /** Milliseconds that the target may be silent. */
  readonly timeout: number;
  /** The target is asked before the body is: it answers 100, or refuses. */
  readonly awaitsContinue: boolean;
  /** Protocols that a 101 may go over to: such a request needs a connection of its own. */
  readonly upgrade: readonly string[] | undefined;
  /** Where a connection is counted that is opened for it. */
  readonly connections: ConnectionCounts;
  /** Asked for once the head is on its way. */
  openBody(sink: BodySink): void;
  resumeBody(): void;
  onSent(): void;
  onResponse(response: TargetResponse): void;
  /** An interim response other than 100 and 101. */
  onInterim(response: TargetResponse): void;
  /**
   * The last that comes when the target goes over to another protocol.
   * @param socket the request's from now on; nobody listens to it any more
   * @param first what the target has sent behind its head
   */
  onUpgrade(response: TargetResponse, socket: Socket, first: Buffer): void;
  /**
   * @param piece valid during the call, and longer when `holdsPieces` says so
   * @returns false when no more is wanted until `resume`
   */
  onPiece(piece: Buffer): boolean;
  /** Whether a whole body that is text already may come as such. */
  readonly takesText: boolean;
  /** The body, in place of `onPiece`. @param body Latin-1 */
  onText(body: string): void;
  /** Whether memory that `onPiece` was given is still in use. */
  readonly holdsPieces: boolean;
  onEnd(): void;
  onFailure(failure: TargetFailure, error: Error | undefined): void;
}
