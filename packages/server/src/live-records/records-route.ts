import { mayReadRecord } from "@pergola/control-plane";
import { type ApiError, type ApiResponse, errorResponse } from "../api/api-error.ts";
import type { Routes } from "../api/api-host.ts";
import type { SignedRequest } from "../api/require-signature.ts";
import type { LiveRecords } from "../recent-records.ts";
import { readFilter } from "./record-filter.ts";
import { RecordStream } from "./record-stream.ts";

interface RecordsSources {
  /** Undefined where other processes have them. */
  readonly recent: LiveRecords | undefined;
  readonly defaultAccount: string;
  /** @returns the account whose records the caller may see; undefined for all */
  readonly accountOf: (request: SignedRequest) => string | undefined;
}

/** Streams at once: each sees every record. */
const maxStreams = 32;
const maxRecords = 10_000;
const defaultRecords = 100;

/** `GET /pergola/logs?follow=true&limit=…&service=…`: the last access records as lines of JSON, and those to come. */
export function recordsRoute({ recent, defaultAccount, accountOf }: RecordsSources): Routes {
  let open = 0;
  const answer = (request: SignedRequest): ApiResponse => {
    const query = new URLSearchParams(request.target.split("?", 2)[1] ?? "");
    const fits = readFilter(query);
    if ("problem" in fits) return errorResponse(invalid(fits.problem), "-");
    const limit = query.get("limit") ?? String(defaultRecords);
    if (!/^\d{1,5}$/.test(limit) || Number(limit) > maxRecords) {
      return errorResponse(invalid(`limit must be a whole number from 0 to ${maxRecords}, not \`${limit}\``), "-");
    }
    if (recent === undefined) return errorResponse(notHere, "-");
    if (open >= maxStreams) return errorResponse(tooMany, "-");
    const account = accountOf(request);
    const isWanted: typeof fits = (record) =>
      (account === undefined || mayReadRecord(record, account, defaultAccount)) && fits(record);
    return { status: 200, headers, body: openStream(recent, isWanted, Number(limit), query.get("follow") === "true") };
  };
  const openStream = (
    recent: LiveRecords,
    isWanted: (record: Parameters<RecordStream["add"]>[0]) => boolean,
    limit: number,
    isLive: boolean,
  ) => {
    open += 1;
    const left = Promise.withResolvers<void>();
    const stream = new RecordStream(left.resolve);
    for (const record of recent.last(limit, isWanted)) stream.add(record);
    stream.goLive();
    const unfollow = isLive ? recent.follow((record) => isWanted(record) && stream.add(record)) : () => {};
    void left.promise.then(() => {
      open -= 1;
      unfollow();
    });
    if (!isLive) stream.end();
    return stream;
  };
  return { "/pergola/logs": answer };
}

const headers = { "content-type": "application/x-ndjson", "cache-control": "no-store" };

const notHere: ApiError = {
  status: 501,
  type: "NotImplementedException",
  message: "access records cannot be followed with --workers: read the access log, or serve without workers",
};

const tooMany: ApiError = {
  status: 503,
  type: "ServiceUnavailableException",
  message: `${maxStreams} readers follow the access records already: end one of them`,
};

function invalid(message: string): ApiError {
  return { status: 400, type: "ValidationException", message };
}
