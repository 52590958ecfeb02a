import { describe, expect, it } from "vitest";
import { writePieces } from "./atomic-file.ts";

/** A disk that takes at most so many bytes of a write, as one does that runs full. */
function disk(most: number) {
  const written: Buffer[] = [];
  const write = (data: Buffer, offset: number, length: number) => {
    const bytesWritten = Math.min(most, length);
    written.push(data.subarray(offset, offset + bytesWritten));
    return Promise.resolve({ bytesWritten, buffer: data });
  };
  return { written, handle: { write } as unknown as Parameters<typeof writePieces>[0] };
}

const data = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));

describe("what is written in pieces", () => {
  it("is all there, none of them larger than 128 KiB", async () => {
    const { written, handle } = disk(Number.POSITIVE_INFINITY);
    await writePieces(handle, data);
    expect(Buffer.concat(written).equals(data)).toBe(true);
    expect(written.map(({ length }) => length)).toEqual([131_072, 131_072, 300_000 - 262_144]);
  });

  it("is all there where the disk takes less at a time", async () => {
    const { written, handle } = disk(70_001);
    await writePieces(handle, data);
    expect(Buffer.concat(written).equals(data)).toBe(true);
  });

  it("stops where the disk fails", async () => {
    const handle = { write: () => Promise.reject(new Error("ENOSPC")) };
    await expect(writePieces(handle as never, data)).rejects.toThrow("ENOSPC");
  });
});
