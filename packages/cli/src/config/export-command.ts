import { open, rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { Command, Option } from "commander";
import { openApi } from "../api/api.ts";
import { addConnectionOptions, type ConnectionFlags } from "../api/connection.ts";
import { CliFailure } from "../cli-failure.ts";
import type { CliIo } from "../run-cli.ts";
import { printConfiguration } from "./configuration-file.ts";
import { documentOfItems } from "./document-of-items.ts";
import { readAccount } from "./read-account.ts";

type Flags = ConnectionFlags & { readonly output: "yaml" | "json" };

/** `pergola export`: everything of an account in a region as one file. */
export function exportCommand(io: CliIo): Command {
  const command = new Command("export")
    .description("write the whole configuration as one file, with names in place of ids")
    .argument("[file]", "where to write it (default standard output)")
    .addOption(new Option("-o, --output <format>", "format").choices(["yaml", "json"]).default("yaml"));
  return addConnectionOptions(command)
    .addHelpText(
      "after",
      `
Users, roles and access keys are not part of it.

Examples:
  pergola export network.yaml
  pergola export -o json | jq '.services | keys'`,
    )
    .action(async (file: string | undefined, flags: Flags) => {
      const { items } = await readAccount(openApi(flags, io));
      const text = printConfiguration(documentOfItems(items), flags.output);
      if (file === undefined) io.stdout.write(text);
      else await writeWhole(resolve(io.cwd(), file), text, file);
    });
}

/** A file that was there stays as it was until the new one is complete. */
async function writeWhole(path: string, text: string, name: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    {
      await using file = await open(temporary, "wx", 0o644);
      await file.writeFile(text);
      await file.sync();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    throw new CliFailure(`\`${name}\` cannot be written: ${code}`, 1, { cause: error });
  }
}
