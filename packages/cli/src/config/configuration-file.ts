import { parseDocument, stringify } from "yaml";
import { CliFailure } from "../cli-failure.ts";
import { type ConfigurationDocument, documentShape, formatVersion } from "./document.ts";
import { shapeFaults } from "./shape.ts";

/** A file of 16 MiB holds AWS's largest account twice over. */
export const maxConfigurationBytes = 16 * 1024 * 1024;

/**
 * @param text YAML 1.2, of which JSON is a part
 * @param file its name, for messages
 * @throws CliFailure that names each line or member that is wrong
 */
export function parseConfiguration(text: string, file: string): ConfigurationDocument {
  const parsed = parseDocument(text, { uniqueKeys: true, prettyErrors: true, stringKeys: true });
  const errors = [...parsed.errors, ...parsed.warnings];
  if (errors.length > 0)
    throw unusable(
      file,
      errors.slice(0, 5).map(({ message }) => message),
    );
  let value: unknown;
  try {
    // Aliases may not blow a small file up into a large one.
    value = parsed.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw unusable(file, [(error as Error).message]);
  }
  const faults = shapeFaults(value, documentShape);
  if (faults.length > 0) throw unusable(file, faults);
  const document = value as ConfigurationDocument;
  if (document.pergola !== formatVersion)
    throw unusable(file, [`pergola: must be ${formatVersion}, the version of the format`]);
  return document;
}

/** @throws CliFailure */
export function unusable(file: string, faults: readonly string[]): CliFailure {
  return new CliFailure(`\`${file}\` is no configuration:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
}

/** @returns the document as a file's text */
export function printConfiguration(document: ConfigurationDocument, format: "yaml" | "json"): string {
  if (format === "json") return `${JSON.stringify(document, null, 2)}\n`;
  // Tools of YAML 1.1 take `yes` and `012` for something else than text: such texts are quoted for them.
  return stringify(document, { lineWidth: 0, aliasDuplicateObjects: false, compat: "yaml-1.1" });
}
