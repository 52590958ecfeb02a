import { type Command, Option } from "commander";
import type { CliIo } from "../run-cli.ts";
import { type Api, openApi } from "./api.ts";
import { addConnectionOptions, type ConnectionFlags } from "./connection.ts";

/** What commander gives for the options that all commands on the API have. */
export interface ApiFlags extends ConnectionFlags {
  readonly output?: "text" | "json";
}

/** Adds `-o`, `--endpoint-url` and `--region`. */
export function addApiOptions(command: Command): Command {
  const output = new Option("-o, --output <format>", "how the answer is printed");
  return addConnectionOptions(command.addOption(output.choices(["text", "json"]).default("text")));
}

/** Calls the API and prints the answer, as JSON or by `toText`. */
export async function callAndPrint<T>(
  flags: ApiFlags,
  io: CliIo,
  request: (api: Api) => Promise<T>,
  toText: (answer: T, api: Api) => string,
): Promise<void> {
  const api = openApi(flags, io);
  const answer = await request(api);
  io.stdout.write(flags.output === "json" ? `${JSON.stringify(answer, null, 2)}\n` : toText(answer, api));
}

/** Pages of 100 items: a list with more than 100,000 of them is not one to print. */
const maxPages = 1_000;

/** @returns all items of a list, page by page */
export async function listAll<T>(api: Api, path: string): Promise<readonly T[]> {
  const items: T[] = [];
  let token: string | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    const joint = path.includes("?") ? "&" : "?";
    const query = token === undefined ? "" : joint + new URLSearchParams({ nextToken: token });
    const answer = (await api.call("GET", path + query)) as { items: readonly T[]; nextToken?: string };
    items.push(...answer.items);
    token = answer.nextToken;
    if (token === undefined) break;
  }
  return items;
}
