import type { CloudWatchLogsClient, InputLogEvent, PutLogEventsCommandOutput } from "@aws-sdk/client-cloudwatch-logs";
import { accessLogStream, type LogBatch, type Logger, type LogSink } from "@pergola/core";
import { arnRegion } from "../arn-region.ts";
import { linesOf, requestLength } from "./batch-lines.ts";
import { batchProgress } from "./batch-progress.ts";
import { destinationError } from "./destination-error.ts";

/** Source: CloudWatch Logs API reference, PutLogEvents, read 2026-11: the bytes of messages in UTF-8 and 26 for each event. */
const limits = { maxCount: 10_000, maxBytes: 1_048_576 };
const eventBytes = 26;
const maxSpanMs = 24 * 3_600_000;

/** An event with the size it counts for. */
interface LogEvent extends InputLogEvent {
  readonly timestamp: number;
  readonly message: string;
  readonly bytes: number;
}

/** One event a line, at the time when its request began, in that order. The stream is made where there is none; the group is not. */
export function cloudwatchSink(
  open: (region: string) => Promise<CloudWatchLogsClient>,
  logger: Pick<Logger, "warn">,
): LogSink {
  const progress = batchProgress<LogEvent>();
  return {
    async deliver(batch, signal) {
      const { destination } = batch;
      const { group, stream } = accessLogStream(destination);
      let left = progress.left(batch, () => eventsOf(batch));
      try {
        const client = await open(arnRegion(destination.destinationArn) ?? destination.region);
        while (left.length > 0) {
          const some = left.slice(0, eventCount(left));
          const logEvents = some.map(({ timestamp, message }) => ({ timestamp, message }));
          const output = await putEvents(client, group, stream, logEvents, signal);
          warnOfRejected(output, some.length, destination.destinationArn, logger);
          left = left.slice(some.length);
          progress.save(batch, left);
        }
      } catch (error) {
        signal.throwIfAborted();
        throw destinationError(destination, "log group", error);
      }
    },
  };
}

/** Sorted as CloudWatch Logs demands; the order is the same at every retry. */
function eventsOf(batch: LogBatch): LogEvent[] {
  const latest = batch.time.getTime();
  const events = linesOf(batch.lines).map((line) => {
    const message = line.toString("utf8").replace(/\n$/, "");
    return { message, timestamp: timeOf(message, latest), bytes: line.length + eventBytes };
  });
  return events.sort((a, b) => a.timestamp - b.timestamp);
}

const startTimePattern = /"startTime":"([^"]{1,40})"/;

/** @returns when the request began, in milliseconds; `latest` where the line does not say, or says a later time */
function timeOf(line: string, latest: number): number {
  const began = Date.parse(startTimePattern.exec(line)?.[1] ?? "");
  return began <= latest ? began : latest;
}

function eventCount(events: readonly LogEvent[]): number {
  const first = events[0]?.timestamp ?? 0;
  const beyond = events.findIndex((event) => event.timestamp - first >= maxSpanMs);
  const withinSpan = beyond < 0 ? events : events.slice(0, beyond);
  return requestLength(withinSpan, (event) => event.bytes, limits);
}

async function putEvents(
  client: CloudWatchLogsClient,
  logGroupName: string,
  logStreamName: string,
  logEvents: InputLogEvent[],
  abortSignal: AbortSignal,
): Promise<PutLogEventsCommandOutput> {
  const { PutLogEventsCommand, CreateLogStreamCommand } = await import("@aws-sdk/client-cloudwatch-logs");
  const put = () => client.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }), { abortSignal });
  try {
    return await put();
  } catch (error) {
    if ((error as Error).name !== "ResourceNotFoundException") throw error;
  }
  try {
    await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName }), { abortSignal });
  } catch (error) {
    // Another process was first; a missing group is ResourceNotFoundException once more.
    if ((error as Error).name !== "ResourceAlreadyExistsException") throw error;
  }
  return put();
}

/** CloudWatch Logs accepts a request and drops events outside of the group's retention; to send them again would not help. */
function warnOfRejected(
  { rejectedLogEventsInfo: rejected }: PutLogEventsCommandOutput,
  count: number,
  destination: string,
  logger: Pick<Logger, "warn">,
): void {
  if (rejected === undefined) return;
  const { tooOldLogEventEndIndex = 0, expiredLogEventEndIndex = 0, tooNewLogEventStartIndex = count } = rejected;
  const early = Math.max(tooOldLogEventEndIndex, expiredLogEventEndIndex);
  const lost = early + (count - Math.max(early, tooNewLogEventStartIndex));
  logger.warn("CloudWatch Logs dropped access log lines outside of its retention", { destination, lost });
}
