import { styleText } from "node:util";
import type { CliIo } from "../run-cli.ts";

export type Colour = "green" | "red" | "yellow" | "dim" | "bold";

/** Colours a text, or leaves it as it is. */
export type Paint = (colour: Colour, text: string) => string;

/** @returns colours for a terminal, none for files and pipes and where `NO_COLOR` is set (no-color.org) */
export function paintFor({ stdout, env }: Pick<CliIo, "stdout" | "env">): Paint {
  if (stdout.isTTY !== true || env.NO_COLOR || env.TERM === "dumb") return (_colour, text) => text;
  return (colour, text) => styleText(colour, text, { validateStream: false });
}
