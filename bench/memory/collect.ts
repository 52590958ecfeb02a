// Loaded into the measured process before everything else: on SIGUSR2 all garbage is collected, and what is left is written to a file.
// `MEMORY_FILE=<file> node --expose-gc --import collect.ts …`
import { renameSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

/** What a process holds once all garbage is collected, in bytes. */
export interface LiveMemory {
  /** Objects of JavaScript. */
  readonly heap: number;
  /** What belongs to them and is outside of the heap: the memory that sockets read into, compiled modules, and so on. */
  readonly outside: number;
}

/** Code that has not run for some collections goes too, that of the start above all. */
const collections = 12;

process.on("SIGUSR2", async () => {
  for (let i = 1; i < collections; i += 1) {
    globalThis.gc?.();
    await pause(50);
  }
  globalThis.gc?.();
  const { heapUsed: heap, external: outside } = process.memoryUsage();
  const file = process.env.MEMORY_FILE ?? "";
  writeFileSync(`${file}.new`, JSON.stringify({ heap, outside } satisfies LiveMemory));
  renameSync(`${file}.new`, file);
});
