import { gzip } from "node:zlib";
import type { S3Client } from "@aws-sdk/client-s3";
import { accessLogObject, type LogSink } from "@pergola/core";
import { destinationError } from "./destination-error.ts";

// Not by `promisify`: this file shares a bundle with the router's start, and an import of `node:util` loads all its getters name.
function compress(lines: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => gzip(lines, (error, bytes) => (error ? reject(error) : resolve(bytes))));
}

/** One object a batch. A batch that comes again has the same key and the same bytes: it replaces itself. */
export function s3Sink(open: () => Promise<S3Client>): LogSink {
  return {
    async deliver(batch, signal) {
      const { bucket, key } = accessLogObject(batch);
      const body = await compress(batch.lines);
      const [client, { PutObjectCommand }] = await Promise.all([open(), import("@aws-sdk/client-s3")]);
      try {
        await client.send(
          // No ContentEncoding: clients would decompress it silently, under a name that ends in `.gz`.
          new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: "application/gzip" }),
          { abortSignal: signal },
        );
      } catch (error) {
        signal.throwIfAborted();
        throw destinationError(batch.destination, "bucket", error);
      }
    },
  };
}
