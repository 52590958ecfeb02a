import type { ServerSessionOptions } from "node:http2";
import { maxHead } from "../http1/grammar.ts";
import type { ResolvedOptions } from "../ports.ts";

/** Headers that are read at all: the 100 that a request may have and some more, so that it is told what is wrong with it (400). */
const maxHeaderPairs = 256;
/** HTTP/2 counts 32 bytes more for each header. RFC 9113 §6.5.2. */
const maxHeaderList = maxHead + maxHeaderPairs * 32;

/** What a client may do to a connection; each limit is there because of an attack that has been seen. */
export function sessionOptions({ maxConcurrentStreams }: ResolvedOptions): ServerSessionOptions {
  return {
    settings: { maxConcurrentStreams, maxHeaderListSize: maxHeaderList },
    maxHeaderListPairs: maxHeaderPairs,
    // Streams beyond the number that was announced, from a client that does not care.
    maxSessionRejectedStreams: 100,
    // Frames that make no sense, each of which may cost an answer.
    maxSessionInvalidFrames: 100,
    maxOutstandingPings: 2,
    // SETTINGS that want to be acknowledged, in one frame and before the acknowledgements could leave.
    maxSettings: 16,
    // Megabytes; what streams have in buffers, and tables of header compression.
    maxSessionMemory: 10,
    // Targets may send a header twice that is said to be single: the client gets what it would have got over HTTP/1.1.
    strictSingleValueFields: false,
  };
}
