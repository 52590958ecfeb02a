import { randomBytes } from "node:crypto";
import { brotliCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf } from "./attributes.ts";
import { decodeValue, encodeValue, partCount } from "./value-codec.ts";

describe("values in items", () => {
  it("come back as they were", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 4 }), async (value) => {
        const { attributes, parts } = await encodeValue(JSON.stringify(value));
        expect(JSON.stringify(await decodeValue(attributes, parts))).toBe(JSON.stringify(value));
      }),
    );
  });

  it("are text when small, compressed when larger, and in parts when that is not enough", async () => {
    const small = await encodeValue(JSON.stringify("x".repeat(3_498)));
    const larger = await encodeValue(JSON.stringify("x".repeat(3_499)));
    const largest = await encodeValue(JSON.stringify(randomBytes(500_000).toString("hex")));

    expect(Object.keys(small.attributes)).toEqual(["json"]);
    expect(bytesOf(larger.attributes, "brotli")?.length).toBeLessThan(100);
    expect([partCount(largest.attributes), largest.parts.length]).toEqual([2, 2]);
    expect(Math.max(...largest.parts.map((part) => part.length))).toBeLessThanOrEqual(360_000);
  });

  it("are the same from bytes and from base64", async () => {
    const { attributes } = await encodeValue(JSON.stringify("x".repeat(5_000)));
    const base64 = Buffer.from(bytesOf(attributes, "brotli") ?? []).toString("base64");

    expect(await decodeValue({ brotli: { B: base64 } }, [])).toBe("x".repeat(5_000));
  });

  it("are not read when they would fill the memory", async () => {
    const bomb = brotliCompressSync(Buffer.alloc((64 << 20) + 2, "1"));

    await expect(decodeValue({ brotli: { B: bomb } }, [])).rejects.toThrow(RangeError);
  });

  it("that are not there are an error, not undefined", async () => {
    await expect(decodeValue({ pk: { S: "o" }, sk: { S: "i" } }, [])).rejects.toThrow("item `o i` holds no value");
  });
});
