import type { Key } from "@pergola/core";
import type { Settings } from "../config/settings.ts";
import type { RecordQuery } from "../live-records/record-query.ts";
import type { Counted } from "./kept-counters.ts";
import type { RecordBatch, RecordLine } from "./record-lines.ts";

/** What a worker needs to start. */
export interface WorkerStart {
  readonly kind: "start";
  /** Names the worker's spool and log streams; no other worker has it at the same time. */
  readonly slot: number;
  /** With the ports that all workers share: none of them is 0. */
  readonly settings: Settings;
  /** `pergola.json` as it was when Pergola started. */
  readonly configText: string;
  /** EC2 instances beside those of the file. */
  readonly instances: readonly (readonly [id: string, address: string])[];
  /** All workers have the same, so that TLS sessions are taken up again on any of them. */
  readonly ticketKey: Uint8Array;
}

/** What the main process asks a worker. */
export type Question =
  | { readonly about: "listeners" }
  | { readonly about: "metrics" }
  | { readonly about: "traffic" }
  | { readonly about: "records"; readonly requestId: string };

/** From the main process to a worker. */
export type ToWorker =
  | WorkerStart
  | { readonly kind: "changed"; readonly sequence: number; readonly keys: readonly Key[] }
  | { readonly kind: "ask"; readonly id: number; readonly question: Question }
  /** Its records are asked for: answered with the past, then with those to come until `unfollow`. */
  | { readonly kind: "follow"; readonly id: number; readonly query: RecordQuery }
  | { readonly kind: "unfollow"; readonly id: number }
  | { readonly kind: "ticket-key"; readonly ticketKey: Uint8Array }
  | { readonly kind: "drain"; readonly deadlineMs: number; readonly restMs: number };

/** From a worker to the main process. */
export type FromWorker =
  /** It hears now. */
  | { readonly kind: "up" }
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly message: string }
  /** Every change up to this one is in force. */
  | { readonly kind: "settled"; readonly sequence: number }
  | { readonly kind: "answer"; readonly id: number; readonly value: unknown }
  /** The last numbers of a worker that ends in good order. */
  | { readonly kind: "counted"; readonly counted: Counted }
  | { readonly kind: "past"; readonly id: number; readonly lines: readonly RecordLine[] }
  | { readonly kind: "records"; readonly id: number; readonly batch: RecordBatch };

/** @returns the folder of a worker's spool in that of all */
export function spoolNameOf(slot: number): string {
  return `worker-${slot}`;
}
