import { Command } from "commander";
import { type ApiFlags, addApiOptions, callAndPrint } from "../api/call-and-print.ts";
import { type Paint, paintFor } from "../explain/paint.ts";
import type { CliIo } from "../run-cli.ts";
import type { ChangeAnswer } from "./history-answer.ts";
import { changeText } from "./history-text.ts";
import { momentOf } from "./moment.ts";

type Flags = ApiFlags & { readonly to: string; readonly dryRun?: true };

interface RollbackAnswer {
  readonly undone: number;
  readonly changes: readonly ChangeAnswer[];
}

/** `pergola rollback`: the configuration as it was. */
export function rollbackCommand(io: CliIo): Command {
  const command = new Command("rollback")
    .description("bring the whole configuration back to what it was, in one transaction")
    .requiredOption("--to <change>", "a change's id (as it was right after it), a time, or how long ago: 30m, 2h, 7d")
    .option("--dry-run", "print what would change only");
  return addApiOptions(command)
    .addHelpText(
      "after",
      `
Resources get their ids back. Users, roles and access keys stay as they are. A rollback is a change too, and can be undone.

Examples:
  pergola history --since 1h
  pergola rollback --to chg-1795430400000000a1b2c3d4 --dry-run
  pergola rollback --to 10m`,
    )
    .action((flags: Flags) => {
      const to = flags.to.startsWith("chg-") ? flags.to : momentOf(flags.to, "--to", new Date());
      return callAndPrint(
        flags,
        io,
        async (api) => {
          const body = { to, dryRun: flags.dryRun === true };
          return (await api.call("POST", "/pergola/rollback", body)) as RollbackAnswer;
        },
        (answer) => rollbackText(answer, flags.dryRun === true, paintFor(io)),
      );
    });
}

function rollbackText({ undone, changes }: RollbackAnswer, dryRun: boolean, paint: Paint): string {
  if (undone === 0) return "nothing has changed since\n";
  const lines = changes.map((change) => changeText(change, paint)).join("");
  return `${lines}${dryRun ? "would undo" : "undid"} ${undone} ${undone === 1 ? "change" : "changes"}\n`;
}
