import { frameFlag } from "../frames/frame-types.ts";

/** Bytes of one block: what a list of the largest size takes when nothing of it is compressed, and some more. */
const maxBlock = 128 * 1024;
/** CONTINUATION frames of one block: enough for that size. */
const maxContinuations = 8;

const priorityLength = 5;

/** Where the fragment of a block lies in a HEADERS frame. */
export interface Fragment {
  readonly from: number;
  readonly to: number;
  /** The stream that it says it depends on, -1 when it says nothing of it. */
  readonly dependsOn: number;
}

/** @returns undefined when padding or priority are longer than the frame. RFC 9113 §6.2 */
export function fragmentOf(flags: number, input: Buffer, from: number, to: number): Fragment | undefined {
  const isPadded = (flags & frameFlag.padded) !== 0;
  const padding = isPadded ? (input[from] as number) : 0;
  const hasPriority = (flags & frameFlag.priority) !== 0;
  const at = from + (isPadded ? 1 : 0);
  const start = at + (hasPriority ? priorityLength : 0);
  if (start > to - padding || (isPadded && from === to)) return undefined;
  return { from: start, to: to - padding, dependsOn: hasPriority ? input.readUInt32BE(at) & 0x7fffffff : -1 };
}

/** A block that has not come whole: nothing else may come in between. RFC 9113 §6.10. */
export class PartialBlock {
  readonly streamId: number;
  readonly endStream: boolean;
  #bytes: Buffer;
  #continuations = 0;

  constructor(streamId: number, endStream: boolean, first: Buffer) {
    this.streamId = streamId;
    this.endStream = endStream;
    this.#bytes = Buffer.from(first);
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  /** @returns false when it has gone on for too long: a block that never ends would be kept without end (CVE-2024-27316) */
  add(fragment: Buffer): boolean {
    this.#continuations += 1;
    if (this.#continuations > maxContinuations || this.#bytes.length + fragment.length > maxBlock) return false;
    this.#bytes = Buffer.concat([this.#bytes, fragment]);
    return true;
  }
}
