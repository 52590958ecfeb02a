import { type ApiError, type ApiResponse, errorResponse } from "../api/api-error.ts";
import type { Routes } from "../api/api-host.ts";
import type { SignedRequest } from "../api/require-signature.ts";
import type { LiveRecords } from "./live-records.ts";
import { readFilter } from "./record-filter.ts";
import type { RecordQuery } from "./record-query.ts";
import { RecordStream } from "./record-stream.ts";

interface RecordsSources {
  readonly live: LiveRecords;
  readonly defaultAccount: string;
  /** @returns the account whose records the caller may see; undefined for all */
  readonly accountOf: (request: SignedRequest) => string | undefined;
}

/** Streams at once: each sees every record. */
const maxStreams = 32;
const maxRecords = 10_000;
const defaultRecords = 100;

/** `GET /pergola/logs?follow=true&limit=…&service=…`: the last access records as lines of JSON, and those to come. */
export function recordsRoute({ live, defaultAccount, accountOf }: RecordsSources): Routes {
  let open = 0;
  const answer = (request: SignedRequest): ApiResponse => {
    const filters = request.target.split("?", 2)[1] ?? "";
    const query = new URLSearchParams(filters);
    const fits = readFilter(query);
    if ("problem" in fits) return errorResponse(invalid(fits.problem), "-");
    const limit = query.get("limit") ?? String(defaultRecords);
    if (!/^\d{1,5}$/.test(limit) || Number(limit) > maxRecords) {
      return errorResponse(invalid(`limit must be a whole number from 0 to ${maxRecords}, not \`${limit}\``), "-");
    }
    if (open >= maxStreams) return errorResponse(tooMany, "-");
    const follow = query.get("follow") === "true";
    const asked = { filters, limit: Number(limit), follow, account: accountOf(request), defaultAccount };
    return { status: 200, headers, body: openStream(asked) };
  };
  const openStream = (query: RecordQuery): RecordStream => {
    open += 1;
    const left = Promise.withResolvers<void>();
    const stream = new RecordStream(left.resolve);
    const stop = live.read(query, stream);
    void left.promise.then(() => {
      open -= 1;
      stop();
    });
    return stream;
  };
  return { "/pergola/logs": answer };
}

const headers = { "content-type": "application/x-ndjson", "cache-control": "no-store" };

const tooMany: ApiError = {
  status: 503,
  type: "ServiceUnavailableException",
  message: `${maxStreams} readers follow the access records already: end one of them`,
};

function invalid(message: string): ApiError {
  return { status: 400, type: "ValidationException", message };
}
