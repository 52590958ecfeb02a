import { Argument, Command } from "commander";
import type { CliIo } from "../run-cli.ts";
import { commandTree } from "./command-tree.ts";
import { completionScript, type Shell } from "./completion-scripts.ts";

/** `pergola completion`: a script that completes commands, options and their values. @param program with all its commands */
export function completionCommand(io: CliIo, program: Command): Command {
  const shells: readonly Shell[] = ["bash", "zsh", "fish"];
  return new Command("completion")
    .description("print a script that completes commands and options in your shell")
    .addArgument(new Argument("<shell>", "the shell").choices(shells))
    .addHelpText(
      "after",
      `
Examples:
  source <(pergola completion bash)         in ~/.bashrc
  source <(pergola completion zsh)          in ~/.zshrc, after compinit
  pergola completion fish | source          in ~/.config/fish/config.fish`,
    )
    .action((shell: Shell) => void io.stdout.write(completionScript(shell, commandTree(program))));
}
