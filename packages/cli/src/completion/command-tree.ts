import type { Command } from "commander";

/** What a shell can complete at one place of the command line. */
export interface CommandNode {
  /** The words that lead here, without `pergola`. */
  readonly path: readonly string[];
  readonly description: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly OptionNode[];
  /** Words that the first argument can be; files where it has none. */
  readonly words: readonly string[];
}

export interface OptionNode {
  /** `--output`, and `-o` where there is one. */
  readonly flags: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

/** @returns every command of the program, the program itself first */
export function commandTree(program: Command, path: readonly string[] = []): readonly CommandNode[] {
  const node: CommandNode = {
    path,
    description: program.description(),
    commands: program.commands.map((command) => ({ name: command.name(), description: command.description() })),
    options: [...program.options.filter(({ hidden }) => !hidden).map(optionNode), helpOption],
    words: program.registeredArguments[0]?.argChoices ?? [],
  };
  return [node, ...program.commands.flatMap((command) => commandTree(command, [...path, command.name()]))];
}

const helpOption: OptionNode = { flags: ["-h", "--help"], description: "display help", takesValue: false, choices: [] };

function optionNode(option: Command["options"][number]): OptionNode {
  const { short, long, description, required, optional, argChoices = [] } = option;
  const flags = [short, long].filter((flag) => flag !== undefined);
  return { flags, description, takesValue: required || optional, choices: argChoices };
}
