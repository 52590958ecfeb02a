import { setTimeout as sleep } from "node:timers/promises";
import type { FirehoseClient } from "@aws-sdk/client-firehose";
import type { LogSink } from "@pergola/core";
import { arnRegion } from "../arn-region.ts";
import { linesOf, requestLength } from "./batch-lines.ts";
import { batchProgress } from "./batch-progress.ts";
import { destinationError } from "./destination-error.ts";

/** Source: Firehose API reference, PutRecordBatch, read 2026-11: 500 records and 4 MiB a request. */
const limits = { maxCount: 500, maxBytes: 4 << 20 };
/** How often refused records are sent again before the caller is told, who waits longer. */
const rounds = 5;
const firstPauseMs = 100;

/**
 * One record a line, with its newline at the end. What Firehose refuses of a request is sent again, and only that, also in a later
 * delivery of the same batch.
 */
export function firehoseSink(open: (region: string) => Promise<FirehoseClient>): LogSink {
  const progress = batchProgress<Buffer>();
  return {
    async deliver(batch, signal) {
      const { destination } = batch;
      const stream = destination.destinationArn.split("/").at(-1) ?? "";
      let left = progress.left(batch, () => linesOf(batch.lines));
      try {
        const client = await open(arnRegion(destination.destinationArn) ?? destination.region);
        for (let round = 1; left.length > 0; round += 1) {
          if (round > rounds) throw new Error(`${left.length} of ${batch.count} records were refused ${rounds} times`);
          if (round > 1) await sleep(firstPauseMs * 2 ** round * (0.5 + Math.random() / 2), undefined, { signal });
          left = await sendOnce(client, stream, left, signal, (rest) => progress.save(batch, rest));
        }
      } catch (error) {
        signal.throwIfAborted();
        throw destinationError(destination, "stream", error);
      }
    },
  };
}

/**
 * Sends each record once.
 * @param save is told after each request what is left
 * @returns the records that were refused
 */
async function sendOnce(
  client: FirehoseClient,
  stream: string,
  records: readonly Buffer[],
  signal: AbortSignal,
  save: (left: readonly Buffer[]) => void,
): Promise<readonly Buffer[]> {
  const { PutRecordBatchCommand } = await import("@aws-sdk/client-firehose");
  const refused: Buffer[] = [];
  for (let unsent = records; unsent.length > 0; ) {
    const some = unsent.slice(
      0,
      requestLength(unsent, (record) => record.length, limits),
    );
    const command = new PutRecordBatchCommand({ DeliveryStreamName: stream, Records: some.map((Data) => ({ Data })) });
    const { FailedPutCount = 0, RequestResponses = [] } = await client.send(command, { abortSignal: signal });
    // Answers are in the order of the records, with an error code where one was refused.
    if (FailedPutCount > 0) refused.push(...some.filter((_, i) => RequestResponses[i]?.ErrorCode !== undefined));
    unsent = unsent.slice(some.length);
    save([...refused, ...unsent]);
  }
  return refused;
}
