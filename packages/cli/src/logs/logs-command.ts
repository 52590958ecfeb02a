import { Command } from "commander";
import type { CliIo } from "../run-cli.ts";
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
  return new Command("logs").description("access logs").addCommand(recover);
}
