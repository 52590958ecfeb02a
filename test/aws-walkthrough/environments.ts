import type { EntryName } from "../lambda/bundle.ts";
import { bundleOf, type RunningEntry, runEntry } from "../lambda/run-entry.ts";
import { readUrlResponse, type UrlResponse } from "../lambda/url-response.ts";

/** The environments of one function: each a process that runs the bundle on the runtime API, and takes one event at a time. */
export interface Environments {
  /** Waits for a free environment, the one that has been so for longest. @returns the function's whole answer */
  invoke(event: unknown): Promise<UrlResponse>;
  /** As `invoke`, for functions that are no HTTP server. @throws what the function reported as its error */
  run(event: unknown, timeoutMs: number): Promise<unknown>;
  /** Lines of the functions' logs. */
  logs(): readonly string[];
}

/** Starts `count` environments of an entry. They end with the test. */
export async function startEnvironments(
  dir: string,
  name: EntryName,
  count: number,
  env: Readonly<Record<string, string>>,
): Promise<Environments> {
  const entries = await Promise.all(Array.from({ length: count }, () => runEntry(bundleOf(dir, name), env)));
  const free = [...entries];
  const waiting: ((entry: RunningEntry) => void)[] = [];
  const take = async (): Promise<RunningEntry> => free.shift() ?? new Promise((resolve) => waiting.push(resolve));
  const give = (entry: RunningEntry): void => {
    const next = waiting.shift();
    if (next === undefined) free.push(entry);
    else next(entry);
  };
  return {
    async invoke(event) {
      const entry = await take();
      const invocation = entry.invoke(event);
      // Only when the runtime asks for the next event: a streamed answer is over before its invocation is.
      invocation.over.then(() => give(entry)).catch(() => undefined);
      return readUrlResponse(invocation);
    },
    async run(event, timeoutMs) {
      const entry = await take();
      const invocation = entry.invoke(event, timeoutMs);
      invocation.over.then(() => give(entry)).catch(() => undefined);
      const { message } = await invocation.response;
      let text = "";
      for await (const chunk of message as AsyncIterable<Buffer>) text += chunk.toString();
      return JSON.parse(text);
    },
    logs: () => entries.flatMap(({ output }) => output),
  };
}
