import { Command } from "commander";
import { addApiOptions } from "../api/call-and-print.ts";
import { wholeNumber } from "../key-values.ts";
import type { CliIo } from "../run-cli.ts";
import type { LogsFlags } from "./logs.ts";
import type { RecoverFlags } from "./recover.ts";

/** `pergola logs`. */
export function logsCommand(io: CliIo): Command {
  const recover = new Command("recover")
    .description("bring back access records that a function could only write to its own log")
    .argument("[file]", "the function's log, `-` for standard input", "-")
    .option("--data-dir <dir>", "data directory whose log files get them (default $PERGOLA_DATA_DIR, or .pergola)")
    .option("--print", "print them, one JSON object a line, and write no file")
    .addHelpText(
      "after",
      `
Recovering the same log again repeats no line for S3 and Firehose destinations; for CloudWatch log groups it can.

Example:
  aws logs filter-log-events --log-group-name /aws/lambda/router --filter-pattern pergolaAccessRecord > log.json
  pergola logs recover log.json --print`,
    )
    .action(async (file: string, flags: RecoverFlags) => {
      const { recover: run } = await import("./recover.ts");
      await run(file, flags, io);
    });
  const command = new Command("logs")
    .description("show access records of a running server: the last ones, and with --follow those to come")
    .option("-f, --follow", "go on with what comes, until Ctrl-C")
    .option("--limit <n>", "so many of the last ones at most", wholeNumber(0, 10_000), 100)
    .option("--service <name>", "name, id or ARN")
    .option("--status <codes>", "such as 5xx, 403 or '>=400'")
    .option("--path <prefix>", "beginning of the request's path")
    .option("--caller <arn>", "a part of the caller's ARN, or Anonymous")
    .option("--denied", "only what was denied");
  return addApiOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  pergola logs --follow --service orders --status 5xx
  pergola logs --denied -o json | jq .callerPrincipal`,
    )
    .action(async (flags: LogsFlags) => {
      const { logs } = await import("./logs.ts");
      await logs(flags, io);
    })
    .addCommand(recover);
}
