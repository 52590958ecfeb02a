import { Command, CommanderError } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { CliFailure } from "./cli-failure.ts";
import { completionCommand } from "./completion/completion-command.ts";
import { applyCommand } from "./config/apply-command.ts";
import { diffCommand } from "./config/diff-command.ts";
import { exportCommand } from "./config/export-command.ts";
import { credentialsCommand } from "./credentials/credentials-command.ts";
import { explainCommand } from "./explain/explain-command.ts";
import { gatewayCommand } from "./gateway-command.ts";
import { describeCommand } from "./get/describe-command.ts";
import { getCommand } from "./get/get-command.ts";
import { resourceHostsCommand } from "./get/resource-hosts-command.ts";
import { historyCommand } from "./history/history-command.ts";
import { rollbackCommand } from "./history/rollback-command.ts";
import { identityCommand } from "./identity/identity-command.ts";
import { logsCommand } from "./logs/logs-command.ts";
import { policyCommand } from "./policy-command.ts";
import { proxyCommand } from "./proxy/proxy-command.ts";
import { serveCommand } from "./serve-command.ts";
import { topCommand } from "./top/top-command.ts";

/** Where a command writes, and what it reads of its surroundings. */
export interface CliIo {
  readonly stdout: {
    write(text: string): unknown;
    readonly isTTY?: boolean;
    /** Of the terminal, where it is one. */
    readonly columns?: number;
    readonly rows?: number;
  };
  readonly stderr: { write(text: string): unknown };
  readonly env: Readonly<Record<string, string | undefined>>;
  cwd(): string;
}

/** How a command ended, where it is not 0. */
export type SetExitCode = (code: number) => void;

/**
 * Runs the `pergola` command.
 * @param args what follows `pergola`
 * @returns the exit code: 0 done, 1 failed, 2 used wrongly, 3 explained as denied or not reachable
 */
export async function runCli(args: readonly string[], io: CliIo): Promise<number> {
  let exitCode = 0;
  const program = createProgram(io, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CliFailure) {
      io.stderr.write(`pergola: ${error.message}\n`);
      return error.exitCode;
    }
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
}

function createProgram(io: CliIo, setExitCode: SetExitCode): Command {
  const program = new Command("pergola")
    .description("An open service network with the API of Amazon VPC Lattice")
    .version(packageJson.version)
    .addHelpText(
      "after",
      `
Examples:
  pergola serve --demo              start here, with an example to call
  pergola policy lint policy.json   check an auth policy before you put it
  pergola identity create-user a    make a user, and then create-access-key a
  pergola credentials --help        let any AWS SDK sign for Pergola with a profile
  pergola explain --service web     say what would become of a request, and why
  pergola get services              list what there is
  pergola export network.yaml       write the whole configuration, and apply -f it elsewhere
  pergola history --since 1h        say who changed what`,
    );
  program.addCommand(serveCommand(io, setExitCode));
  program.addCommand(gatewayCommand(io, setExitCode));
  program.addCommand(policyCommand(io, setExitCode));
  program.addCommand(identityCommand(io));
  program.addCommand(credentialsCommand(io));
  program.addCommand(explainCommand(io, setExitCode));
  program.addCommand(getCommand(io));
  program.addCommand(describeCommand(io));
  program.addCommand(resourceHostsCommand(io));
  program.addCommand(exportCommand(io));
  program.addCommand(applyCommand(io, setExitCode));
  program.addCommand(diffCommand(io, setExitCode));
  program.addCommand(historyCommand(io));
  program.addCommand(rollbackCommand(io));
  program.addCommand(completionCommand(io, program));
  program.addCommand(proxyCommand(io));
  program.addCommand(logsCommand(io));
  program.addCommand(topCommand(io));
  for (const command of [program, ...program.commands, ...program.commands.flatMap((one) => one.commands)]) {
    command
      .exitOverride()
      .showSuggestionAfterError()
      .showHelpAfterError(`(see pergola --help)`)
      .configureOutput({
        writeOut: (text) => io.stdout.write(text),
        writeErr: (text) => io.stderr.write(text),
        outputError: (text, write) => write(text.replace(/^error: /, "pergola: ")),
      });
  }
  return program;
}
