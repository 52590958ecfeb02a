import type { LogSubscriptionSnapshot } from "@pergola/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Chunk, recordBuffer } from "./record-buffer.ts";

const destination = (n: number): readonly LogSubscriptionSnapshot[] => [
  {
    id: `als-${n}`,
    resourceId: `svc-${n}`,
    destinationArn: `arn:aws:s3:::bucket-${n}`,
    destinationKind: "s3",
    account: "123456789012",
    region: "us-west-2",
  },
];

describe("the buffer of access records in memory", () => {
  it("gives back every line as UTF-8, in order for each destination, whatever is in it and however long it is", () => {
    const lines = fc.array(
      fc.record({ text: fc.string({ unit: "binary", maxLength: 6_000 }), to: fc.nat({ max: 2 }) }),
    );
    fc.assert(
      fc.property(lines, (added) => {
        const buffer = recordBuffer(1 << 30);
        const destinations = [0, 1, 2].map(destination);
        for (const { text, to } of added) buffer.add(text, destinations[to] ?? []);
        const chunks = buffer.take(1 << 30);
        for (const [to, one] of destinations.entries()) {
          const expected = added.filter((line) => line.to === to).map(({ text }) => `${text}\n`);
          const own = chunks.filter((chunk) => chunk.destinations[0]?.resourceId === one[0]?.resourceId);
          expect(Buffer.concat(own.map((chunk) => chunk.lines))).toEqual(Buffer.from(expected.join("")));
          expect(own.reduce((sum, { count }) => sum + count, 0)).toBe(expected.length);
        }
        expect(buffer.isEmpty()).toBe(true);
        buffer.forget(chunks);
        expect(buffer.size()).toBe(0);
      }),
    );
  });

  it("is full by bytes, those taken and not yet on disk among them, and chunks put back are the oldest again", () => {
    const buffer = recordBuffer(10);
    buffer.add("ä".repeat(4), destination(0));
    expect([buffer.size(), buffer.isFull()]).toEqual([9, false]);
    const taken = buffer.take(1);
    buffer.add("b", destination(1));
    expect([buffer.size(), buffer.waiting(), buffer.isFull()]).toEqual([11, 2, true]);
    buffer.putBack(taken);
    expect([buffer.size(), buffer.waiting()]).toEqual([11, 11]);
    expect(buffer.take(100).map(({ lines }) => lines.toString())).toEqual(["ääää\n", "b\n"]);
  });

  it("begins a new chunk at 256 KiB, so that one block fits into a batch of every sink", () => {
    const buffer = recordBuffer(1 << 30);
    const to = destination(0);
    for (let i = 0; i < 600; i += 1) buffer.add("x".repeat(1_023), to);
    const sizes = buffer.take(1 << 30).map(({ lines }) => lines.length);
    expect(sizes).toEqual([256 * 1_024, 256 * 1_024, 88 * 1_024]);
  });

  it("writes new lines to the memory of those that are on disk, whatever was in it", () => {
    const buffer = recordBuffer(1 << 30);
    const write = (line: string, count: number): Buffer | undefined => {
      for (let i = 0; i < count; i += 1) buffer.add(line, destination(0));
      const chunks = buffer.take(1 << 30);
      buffer.forget(chunks);
      return chunks[0]?.lines;
    };
    const first = write("a".repeat(999), 100);
    const second = write("b", 3);
    expect(second?.buffer).toBe(first?.buffer);
    expect(second?.toString()).toBe("b\nb\nb\n");
  });

  it("does not write to memory that was taken and is not on disk yet, also after a failed write", () => {
    const buffer = recordBuffer(1 << 30);
    const line = "a".repeat(9_999);
    buffer.add(line, destination(0));
    const failed = buffer.take(1 << 30);
    buffer.putBack(failed);
    buffer.add("b", destination(0));
    const [again, fresh] = buffer.take(1 << 30);
    buffer.add("c", destination(0));
    expect([again, fresh].map((chunk) => chunk?.lines.toString())).toEqual([`${line}\n`, "b\n"]);
  });

  it.each([
    ["of four chunks, however many there were", "x".repeat(99_999), 4],
    ["of none that one long line made large", "x".repeat(999_999), 0],
  ])("keeps the memory %s", (_, line, kept) => {
    const buffer = recordBuffer(1 << 30);
    const takeTen = (text: string): Chunk[] => {
      for (let to = 0; to < 10; to += 1) buffer.add(text, destination(to));
      return buffer.take(1 << 30);
    };
    const chunks = takeTen(line);
    const first = chunks.map(({ lines }) => lines.buffer);
    buffer.forget(chunks);
    expect(chunks.filter(({ lines }) => lines.length === 0).length).toBe(10 - kept);
    expect(takeTen("y").filter(({ lines }) => first.includes(lines.buffer)).length).toBe(kept);
  });
});
