import type { BrotliOptions } from "node:zlib";
import { type Attributes, bytesOf, numberOf, textOf } from "./attributes.ts";

/** Not imported: a start whose values are small has no use for it (docs/lambda.md, "Bundles"). */
const zlib = (): typeof import("node:zlib") => process.getBuiltinModule("node:zlib");

// Not by `promisify`: an import of `node:util` loads what its getters name, and this is on the path of a router's start.
function settle(run: (done: (error: Error | null, result: Buffer) => void) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => run((error, result) => (error ? reject(error) : resolve(result))));
}
const compress = (json: string, options: BrotliOptions): Promise<Buffer> =>
  settle((done) => zlib().brotliCompress(json, options, done));

/**
 * Up to this many bytes of JSON, a read is one unit (4 KB) with and without compression, the console shows the text, and a router that
 * starts needs no `node:zlib`, which is some 2 ms.
 */
const plainBytes = 3500;
/** Bytes that are decompressed at once, within a millisecond or two: a start waits longer for the first threads of the pool. */
const atOnce = { compressed: 32_768, inflated: 1 << 20 };
/** An item is at most 400 KB with its keys (at most 3 KB) and names. */
const partBytes = 360_000;
/** Bytes of JSON that a value may have. What is read is held to the same, so that no item can blow up in memory. */
const maxJsonBytes = 64 << 20;
/** All parts are named in one transaction, which is at most 4 MB. */
const maxParts = 10;

export interface EncodedValue {
  /** What the item itself holds of it. */
  readonly attributes: Attributes;
  /** Bytes that do not fit into the item, in order; empty for nearly every value. */
  readonly parts: readonly Uint8Array[];
  readonly bytes: number;
}

/**
 * @param json text of a value
 * @returns it as attributes: the text, or its compressed bytes, or only their count of parts
 * @throws RangeError for a value that is larger than DynamoDB can take in one transaction
 */
export async function encodeValue(json: string): Promise<EncodedValue> {
  const size = Buffer.byteLength(json);
  if (size <= plainBytes) return { attributes: { json: { S: json } }, parts: [], bytes: size };
  if (size > maxJsonBytes) throw new RangeError(`value: use at most ${maxJsonBytes} bytes of JSON, not ${size}`);
  const { constants } = zlib();
  const bytes = await compress(json, {
    params: {
      // Quality 5: a tenth of the time of the default 11 for 10 to 15 % more bytes.
      [constants.BROTLI_PARAM_QUALITY]: 5,
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_SIZE_HINT]: size,
    },
  });
  if (bytes.length <= partBytes) return { attributes: { brotli: { B: bytes } }, parts: [], bytes: bytes.length };
  const count = Math.ceil(bytes.length / partBytes);
  if (count > maxParts) {
    throw new RangeError(`value: use at most ${maxParts * partBytes} bytes when compressed, not ${bytes.length}`);
  }
  const parts = Array.from({ length: count }, (_, i) => bytes.subarray(i * partBytes, (i + 1) * partBytes));
  return { attributes: { parts: { N: String(count) } }, parts, bytes: bytes.length };
}

/** @returns how many parts the item's value is in, outside the item */
export function partCount(item: Attributes): number {
  return numberOf(item, "parts") ?? 0;
}

/**
 * @param parts the bytes outside the item, in order
 * @returns the value that was put
 * @throws Error when the item holds none
 */
export async function decodeValue<T>(item: Attributes, parts: readonly Uint8Array[]): Promise<T> {
  if (item.json !== undefined) return JSON.parse(textOf(item, "json")) as T;
  const bytes = parts.length > 0 ? Buffer.concat(parts) : bytesOf(item, "brotli");
  if (bytes === undefined) throw new Error(`item \`${textOf(item, "pk")} ${textOf(item, "sk")}\` holds no value`);
  return JSON.parse((await decompress(bytes)).toString("utf8")) as T;
}

function decompress(bytes: Uint8Array): Buffer | Promise<Buffer> {
  const { brotliDecompress, brotliDecompressSync } = zlib();
  if (bytes.length <= atOnce.compressed) {
    try {
      return brotliDecompressSync(bytes, { maxOutputLength: atOnce.inflated });
    } catch (error) {
      // Larger than that: not on this thread.
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return settle((done) => brotliDecompress(bytes, { maxOutputLength: maxJsonBytes }, done));
}
