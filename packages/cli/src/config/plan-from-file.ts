import type { Api } from "../api/api.ts";
import { readBoundedFile } from "../read-bounded-file.ts";
import type { CliIo } from "../run-cli.ts";
import type { Account } from "./account.ts";
import { maxConfigurationBytes, parseConfiguration, unusable } from "./configuration-file.ts";
import type { ConfigurationDocument } from "./document.ts";
import type { Item } from "./item.ts";
import { itemsOfDocument } from "./items-of-document.ts";
import { type Plan, planChanges } from "./plan.ts";
import { readAccount } from "./read-account.ts";

/** What separates an account from a file. */
export interface FilePlan {
  readonly plan: Plan;
  readonly account: Account;
}

/**
 * @param file YAML or JSON; `-` for standard input
 * @throws CliFailure for a file that is no configuration, or names what neither it nor the account has
 */
export async function planFromFile(api: Api, file: string, io: CliIo): Promise<FilePlan> {
  const text = await readBoundedFile(file, io, maxConfigurationBytes);
  const desired = readItems(parseConfiguration(text, file), file);
  const account = await readAccount(api);
  requireNamed(desired, account.items, file);
  return { plan: planChanges(desired, account.items), account };
}

function readItems(document: ConfigurationDocument, file: string): readonly Item[] {
  try {
    return itemsOfDocument(document);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw unusable(file, [error.message]);
  }
}

function requireNamed(desired: readonly Item[], current: readonly Item[], file: string): void {
  const paths = new Set([...desired, ...current].map(({ path }) => path));
  const faults = desired.flatMap(({ path, needs = [] }) =>
    needs.filter((need) => !paths.has(need)).map((need) => `${path}: names \`${need}\`, which is nowhere`),
  );
  if (faults.length > 0) throw unusable(file, faults.slice(0, 20));
}
