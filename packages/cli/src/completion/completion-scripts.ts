import type { CommandNode, OptionNode } from "./command-tree.ts";

export type Shell = "bash" | "zsh" | "fish";

/** @returns a script that teaches a shell the commands, options and words of `pergola`; it runs nothing of ours */
export function completionScript(shell: Shell, tree: readonly CommandNode[]): string {
  return { bash, zsh, fish }[shell](tree);
}

/** Names of commands and flags are ours: letters, digits and hyphens. Anything else would be code in somebody's shell. */
function word(text: string): string {
  if (!/^[A-Za-z0-9-]+$/.test(text)) throw new Error(`\`${text}\` cannot be a word of a completion script`);
  return text;
}

function quoted(text: string): string {
  return `'${text.replace(/\s+/g, " ").replaceAll("'", "'\\''")}'`;
}

function wordsOf({ commands, options, words }: CommandNode): string {
  const all = [...commands.map(({ name }) => name), ...words, ...options.flatMap(({ flags }) => flags)];
  return all.map(word).join(" ");
}

/** Options whose value is one of a few, e.g. `--output`: as `case` patterns of the shell. */
function choiceCases(node: CommandNode, indent: string, line: (words: string) => string): string {
  const key = node.path.join(" ");
  return node.options
    .filter(({ choices }) => choices.length > 0)
    .map(({ flags, choices }) => {
      const patterns = flags.map((flag) => quoted(`${key} ${word(flag)}`)).join("|");
      return `${indent}${patterns}) ${line(choices.map(word).join(" "))} ;;\n`;
    })
    .join("");
}

function valueFlags(tree: readonly CommandNode[]): string {
  const flags = tree.flatMap(({ options }) =>
    options.filter(({ takesValue }) => takesValue).flatMap((one) => one.flags),
  );
  return [...new Set(flags)].map(word).join("|");
}

/** The words that can come next are found by the commands before the cursor; values of options are not among those. */
function bash(tree: readonly CommandNode[]): string {
  const paths = tree.filter(({ path }) => path.length > 0).map(({ path }) => quoted(path.join(" ")));
  const cases = tree.map((node) => `    ${quoted(node.path.join(" "))}) words=${quoted(wordsOf(node))} ;;\n`).join("");
  const choices = tree
    .map((node) =>
      choiceCases(node, "    ", (words) => `COMPREPLY=($(compgen -W ${quoted(words)} -- "$current")); return`),
    )
    .join("");
  return `# bash completion for pergola; load it with: source <(pergola completion bash)
_pergola() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} path= words= i=1 next
  while (( i < COMP_CWORD )); do
    case "\${COMP_WORDS[i]}" in
      ${valueFlags(tree)}) i=$((i + 2)); continue ;;
      -*) i=$((i + 1)); continue ;;
    esac
    next=\${path:+$path }\${COMP_WORDS[i]}
    case "$next" in
      ${paths.join("|")}) path=$next ;;
    esac
    i=$((i + 1))
  done
  case "$path $previous" in
${choices}    *) case "$previous" in ${valueFlags(tree)}) COMPREPLY=($(compgen -f -- "$current")); return ;; esac ;;
  esac
  case "$path" in
${cases}  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ \${#COMPREPLY[@]} -gt 0 ]] || COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _pergola pergola
`;
}

function zsh(tree: readonly CommandNode[]): string {
  const paths = tree.filter(({ path }) => path.length > 0).map(({ path }) => quoted(path.join(" ")));
  const cases = tree.map((node) => `    ${quoted(node.path.join(" "))}) candidates=(${wordsOf(node)}) ;;\n`).join("");
  const choices = tree.map((node) => choiceCases(node, "    ", (words) => `compadd -- ${words}; return`)).join("");
  return `#compdef pergola
# zsh completion for pergola; load it with: source <(pergola completion zsh)
_pergola() {
  local current_path="" next i=2
  local -a candidates
  while (( i < CURRENT )); do
    case "\${words[i]}" in
      ${valueFlags(tree)}) i=$((i + 2)); continue ;;
      -*) i=$((i + 1)); continue ;;
    esac
    next="\${current_path:+$current_path }\${words[i]}"
    case "$next" in
      ${paths.join("|")}) current_path=$next ;;
    esac
    i=$((i + 1))
  done
  case "$current_path \${words[CURRENT-1]}" in
${choices}    *) case "\${words[CURRENT-1]}" in ${valueFlags(tree)}) _files; return ;; esac ;;
  esac
  case "$current_path" in
${cases}  esac
  compadd -- $candidates
  _files
}
if [ "$funcstack[1]" = _pergola ]; then _pergola "$@"; else compdef _pergola pergola; fi
`;
}

function fish(tree: readonly CommandNode[]): string {
  const lines = tree.flatMap((node) => {
    const here = condition(node);
    const commands = node.commands.map(
      ({ name, description }) => `complete -c pergola -f ${here} -a ${word(name)} -d ${quoted(description)}`,
    );
    const words =
      node.words.length === 0 ? [] : [`complete -c pergola -f ${here} -a ${quoted(node.words.map(word).join(" "))}`];
    return [...commands, ...words, ...node.options.map((option) => fishOption(option, here))];
  });
  return `# fish completion for pergola; load it with: pergola completion fish | source
${lines.join("\n")}
`;
}

/** A command's options come after its name; names of its sub-commands only as long as none is given. */
function condition({ path, commands }: CommandNode): string {
  const given = path.map((name) => `__fish_seen_subcommand_from ${word(name)}`);
  const none =
    commands.length === 0
      ? []
      : [`not __fish_seen_subcommand_from ${commands.map(({ name }) => word(name)).join(" ")}`];
  return `-n ${quoted([...given, ...none].join("; and "))}`;
}

function fishOption({ flags, description, takesValue, choices }: OptionNode, here: string): string {
  const names = flags.map((flag) =>
    flag.startsWith("--") ? `-l ${word(flag.slice(2))}` : `-s ${word(flag.slice(1))}`,
  );
  const value = choices.length > 0 ? [`-x -a ${quoted(choices.map(word).join(" "))}`] : takesValue ? ["-r"] : [];
  return ["complete -c pergola", here, ...names, ...value, `-d ${quoted(description)}`].join(" ");
}
