import type { LogBatch, LogDestinationKind, LogSink } from "@pergola/core";

/** A destination whose state a test decides; like a real one it remembers batches, so that a repeated one counts once. */
export interface SwitchableSink extends LogSink {
  mode: "up" | "down" | "hanging";
  readonly batches: Map<string, LogBatch>;
  tries: number;
  numbers(): number[];
}

export function switchableSink(): SwitchableSink {
  const batches = new Map<string, LogBatch>();
  return {
    mode: "up",
    tries: 0,
    batches,
    async deliver(batch, signal) {
      this.tries += 1;
      if (this.mode === "down") throw new Error("the destination is away");
      if (this.mode === "hanging") {
        await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      }
      batches.set(batch.batchId, { ...batch, lines: Buffer.from(batch.lines) });
    },
    numbers() {
      return [...batches.values()].flatMap(({ lines }) =>
        lines
          .toString()
          .trimEnd()
          .split("\n")
          .map((line) => Number(JSON.parse(line).requestPath.slice("/orders/".length))),
      );
    },
  };
}

export function switchableSinks(): Record<LogDestinationKind, SwitchableSink> {
  return { cloudwatch: switchableSink(), s3: switchableSink(), firehose: switchableSink() };
}
