import { Argument, type Command, InvalidArgumentError } from "commander";
import { CliFailure } from "../cli-failure.ts";
import { isNamed } from "./find-by-name.ts";
import { type Kind, kindOf, kinds, type Row, type Within } from "./kinds.ts";

/** @returns the argument that says what is listed; `pergola completion` knows its words */
export function kindArgument(): Argument {
  const words = kinds.map(({ names: [plural] }) => plural);
  const argument = new Argument("<kind>", `what: ${words.join(", ")} (or one of it: ${kinds[0]?.names[1]})`);
  // After `choices`, which would refuse the other names.
  return argument.choices(words).argParser((word: string): Kind => {
    const kind = kindOf(word);
    if (kind === undefined) throw new InvalidArgumentError(`must be one of ${words.join(", ")}`);
    return kind;
  });
}

/** Adds the options that say where parts are looked for. */
export function addWithinOptions(command: Command): Command {
  return command
    .option("--service <name>", "listeners and rules: of this service only")
    .option("--listener <name>", "rules: of this listener only")
    .option("--target-group <name>", "targets: of this group only")
    .option("--service-network <name>", "associations: of this network only");
}

/**
 * @returns the rows that a name, id or ARN means
 * @throws CliFailure when there is none
 */
export function requireNamed(rows: readonly Row[], [, singular]: Kind["names"], wanted: string): readonly Row[] {
  const found = rows.filter((row) => isNamed(row, wanted));
  if (found.length === 0) throw new CliFailure(`${singular} \`${wanted}\` not found`);
  return found;
}

/** What commander gives for `addWithinOptions`. */
export type WithinFlags = Within;
