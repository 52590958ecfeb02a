import { Command } from "commander";
import type { Api } from "../api/api.ts";
import { type ApiFlags, addApiOptions, callAndPrint } from "../api/call-and-print.ts";
import { paintFor } from "../explain/paint.ts";
import { findByName } from "../get/find-by-name.ts";
import { wholeNumber } from "../key-values.ts";
import type { CliIo } from "../run-cli.ts";
import type { HistoryAnswer } from "./history-answer.ts";
import { historyText } from "./history-text.ts";
import { momentOf } from "./moment.ts";

type Flags = ApiFlags & { readonly resource?: string; readonly since?: string; readonly limit: number };

/** `pergola history`: who changed what, and when. */
export function historyCommand(io: CliIo): Command {
  const command = new Command("history")
    .description("say who changed what, and when, newest first; changes are kept for 90 days")
    .option("--resource <name>", "name, id or ARN: what it and its parts went through; it may be gone")
    .option("--since <time>", "a time, or how long ago: 30m, 2h, 7d")
    .option("--limit <n>", "so many changes at most", wholeNumber(1, 100_000), 50);
  return addApiOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  pergola history --since 2h
  pergola history --resource orders
  pergola history --resource orders -o json | jq '.[0].changes'`,
    )
    .action((flags: Flags) =>
      callAndPrint(
        flags,
        io,
        (api) => read(api, flags, io),
        (entries) => historyText(entries, paintFor(io)),
      ),
    );
}

async function read(api: Api, { resource, since, limit }: Flags, io: CliIo): Promise<readonly HistoryAnswer[]> {
  const query = new URLSearchParams();
  if (since !== undefined) query.set("since", momentOf(since, "--since", new Date()));
  if (resource !== undefined) query.set("resource", (await findByName(api, resource))?.arn ?? resource);
  const entries: HistoryAnswer[] = [];
  for (;;) {
    query.set("maxResults", String(Math.min(100, limit - entries.length)));
    const answer = (await api.call("GET", `/pergola/history?${query}`)) as Page;
    entries.push(...answer.items);
    if (answer.nextToken === undefined) return entries;
    if (entries.length >= limit) {
      io.stderr.write("pergola: there are older changes: give a higher --limit to see them\n");
      return entries;
    }
    query.set("nextToken", answer.nextToken);
  }
}

interface Page {
  readonly items: readonly HistoryAnswer[];
  readonly nextToken?: string;
}
