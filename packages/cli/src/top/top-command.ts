import { Command } from "commander";
import { type ApiFlags, addApiOptions } from "../api/call-and-print.ts";
import type { CliIo } from "../run-cli.ts";

export type TopFlags = ApiFlags & { readonly once?: true };

/** `pergola top`: what goes through each service and target group right now. */
export function topCommand(io: CliIo): Command {
  const command = new Command("top")
    .description("show requests/s, errors and response times of services and target groups, each second")
    .option("--once", "watch for one second, print, and end");
  return addApiOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  pergola top
  pergola top --once -o json | jq '.[] | select(.serverErrors > 0.01)'`,
    )
    .action(async (flags: TopFlags) => {
      const { top } = await import("./top.ts");
      await top(flags, io);
    });
}
