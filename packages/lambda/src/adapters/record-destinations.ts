import { encodeRecordMessage } from "@pergola/access-logs";
import type { LogDestinationKind, Logger, LogSink } from "@pergola/core";
import type { RecordQueue } from "../records/record-outbox.ts";
import type { LambdaSettings } from "../settings.ts";

/** @returns the log destinations on AWS, whose clients are loaded by the first delivery */
export function openSinks(
  { region, endpoint }: LambdaSettings,
  logger: Logger,
): Readonly<Record<LogDestinationKind, LogSink>> {
  let opened: Promise<Readonly<Record<LogDestinationKind, LogSink>>> | undefined;
  const open = async (): Promise<Readonly<Record<LogDestinationKind, LogSink>>> => {
    const { createAwsSinks } = await import("./sinks-client.ts");
    return createAwsSinks({ region, ...(endpoint === undefined ? {} : { endpoint }) }, logger);
  };
  const sink = (kind: LogDestinationKind): LogSink => ({
    async deliver(batch, signal) {
      opened ??= open();
      await (await opened)[kind].deliver(batch, signal);
    },
  });
  return { cloudwatch: sink("cloudwatch"), s3: sink("s3"), firehose: sink("firehose") };
}

/** @returns the queue of access records, whose client is loaded by the first one; undefined where the stack has none */
export function openRecordQueue({ region, endpoint, recordQueueUrl }: LambdaSettings): RecordQueue | undefined {
  if (recordQueueUrl === undefined) return undefined;
  let opened: Promise<{ send(texts: readonly string[], signal: AbortSignal): Promise<void> }> | undefined;
  const open = async (url: string): NonNullable<typeof opened> => {
    const { createSqsQueue } = await import("./queue-client.ts");
    return createSqsQueue({ region, ...(endpoint === undefined ? {} : { endpoint }) }, url);
  };
  return {
    async send(messages, signal) {
      opened ??= open(recordQueueUrl);
      await (await opened).send(messages.map(encodeRecordMessage), signal);
    },
  };
}
