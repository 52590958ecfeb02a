import type { Logger } from "@pergola/core";
import type { AwsPrincipal } from "../principal.ts";

/** Who has proved an identity to the exchange; tags are not told. */
export type ProvedPrincipal = Omit<AwsPrincipal, "tags">;

/** An identity that somebody has proved. */
export interface Proof {
  readonly principal: ProvedPrincipal;
  /** What the proof is remembered by, 64 hex digits, and from when on it is too old; absent: it may come again. */
  readonly once?: { readonly id: string; readonly until: Date };
  /** For the log. */
  readonly about?: Readonly<Record<string, string>>;
}

/** Why there are no credentials. Messages are safe for the caller. */
export interface ExchangeRefusal {
  readonly code: "InvalidRequest" | "AccessDenied" | "ReplayedRequest" | "Unavailable";
  readonly message: string;
}

/** What looks at a proof needs beside it. */
export interface ProofContext {
  readonly now: Date;
  readonly logger: Pick<Logger, "info" | "warn">;
  readonly signal: AbortSignal;
}
