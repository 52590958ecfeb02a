import { maxHead } from "../http1/grammar.ts";
import { setting } from "./frames/frame-types.ts";
import { entryOverhead } from "./hpack/header-field.ts";

/** Headers that are read at all: the 100 that a message may have and some more, so that a client is told what is wrong (400). */
const maxFields = 256;

/** What either side may put into one header block. */
export const listLimits = { maxFields, maxSize: maxHead + maxFields * entryOverhead };

/** Bytes that a client may have under way on all of its streams, and on one of them. */
export const clientWindows = { connectionWindow: 1024 * 1024, streamWindow: 65_535 };

/** @returns what a client is told, numbers and values in turn */
export function clientSettings(maxConcurrentStreams: number): readonly number[] {
  return [setting.maxConcurrentStreams, maxConcurrentStreams, setting.maxHeaderListSize, listLimits.maxSize];
}

/** Bytes that targets may have under way on all streams of a connection, and on one of them. */
export const targetWindows = { connectionWindow: 4 * 1024 * 1024, streamWindow: 256 * 1024 };

/** What a target is told. */
export const targetSettings: readonly number[] = [
  setting.enablePush,
  0,
  setting.initialWindowSize,
  targetWindows.streamWindow,
  setting.maxHeaderListSize,
  listLimits.maxSize,
];
