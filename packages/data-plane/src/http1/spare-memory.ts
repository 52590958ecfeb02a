/** Room for a small response, or for a good part of a large one. */
export const usualSize = 64 * 1024;
/** Room where that has been filled: a quarter of the system calls. */
export const largeSize = 256 * 1024;

/** Somebody who may still read what came. */
export interface MemoryHolder {
  readonly holdsPieces: boolean;
}

/** 16 of each size: 5 MB at most. */
const most = 16;
const spare = new Map<number, Buffer<ArrayBuffer>[]>([
  [usualSize, []],
  [largeSize, []],
]);
const held: { readonly buffer: Buffer<ArrayBuffer>; readonly holder: MemoryHolder }[] = [];

/**
 * Memory to read into, that of a response that is over where there is some: memory made for each large response, and for each of its
 * reads that a client took its time with, had the collector mark the whole heap for it, an eighth of the processor time.
 * @param size `usualSize` or `largeSize`, in bytes
 */
export function takeMemory(size: number): Buffer<ArrayBuffer> {
  return spare.get(size)?.pop() ?? takeReturned(size) ?? Buffer.allocUnsafeSlow(size);
}

/** Nobody reads it any more. */
export function giveMemory(buffer: Buffer<ArrayBuffer> | undefined): void {
  const list = buffer === undefined ? undefined : spare.get(buffer.length);
  if (list !== undefined && list.length < most) list.push(buffer as Buffer<ArrayBuffer>);
}

/** Somebody may still read it, and will say so as long as it is the case. */
export function lendMemory(buffer: Buffer<ArrayBuffer> | undefined, holder: MemoryHolder): void {
  if (buffer?.length === largeSize && held.length < most) held.push({ buffer, holder });
}

function takeReturned(size: number): Buffer<ArrayBuffer> | undefined {
  for (let i = held.length - 1; i >= 0; i -= 1) {
    const { buffer, holder } = held[i] as (typeof held)[number];
    if (holder.holdsPieces) continue;
    held.splice(i, 1);
    if (buffer.length === size) return buffer;
    giveMemory(buffer);
  }
  return undefined;
}
