import { type Command, Option } from "commander";
import { CliFailure } from "../cli-failure.ts";
import { collect, collectKeyValue, wholeNumber } from "../key-values.ts";
import { readBoundedFile } from "../read-bounded-file.ts";
import type { CliIo } from "../run-cli.ts";

/** What commander gives for the options below. */
export interface IdentityFlags {
  readonly path?: string;
  readonly tag?: Readonly<Record<string, string>>;
  readonly clearTags?: true;
  readonly policy?: readonly string[];
  readonly clearPolicies?: true;
  readonly permissionBoundary?: string;
  readonly orgId?: string;
  readonly orgPath?: readonly string[];
  readonly trustPolicy?: string;
  readonly maxSession?: number;
}

/** Adds the options that users and roles have in common. */
export function addIdentityOptions(command: Command): Command {
  return command
    .option("--tag <key=value>", "a tag; may be given several times", collectKeyValue)
    .option("--policy <file>", "an identity policy; may be given several times, - for standard input", collect)
    .option("--permission-boundary <file>", "a policy that limits what the others allow")
    .option("--org-id <id>", "the organization that the account is in, o-…")
    .option("--org-path <path>", "the account's path in its organization; may be given several times", collect);
}

/** Adds the options that only exist when an identity is made. */
export function addCreateOptions(command: Command): Command {
  return addIdentityOptions(command).option("--path <path>", "path in the ARN, e.g. /team/ (default /)");
}

/** Adds the options that take away what an identity has. */
export function addUpdateOptions(command: Command): Command {
  return addIdentityOptions(command)
    .option("--clear-tags", "take all tags away")
    .option("--clear-policies", "take all identity policies away: nothing is allowed then");
}

/** Adds the options of roles. @param isNew a role has to have a trust policy */
export function addRoleOptions(command: Command, isNew: boolean): Command {
  const trustPolicy = new Option("--trust-policy <file>", "says who may assume the role").makeOptionMandatory(isNew);
  return command
    .addOption(trustPolicy)
    .option("--max-session <seconds>", "longest session, 3600 to 43200", wholeNumber(3_600, 43_200));
}

/**
 * @returns the members of the API's request that the flags stand for, policies read from their files
 * @throws CliFailure for flags that exclude each other and files that cannot be read
 */
export async function membersOf(flags: IdentityFlags, io: CliIo): Promise<Readonly<Record<string, unknown>>> {
  refuseBoth(flags, "tag", "clearTags", "--tag and --clear-tags");
  refuseBoth(flags, "policy", "clearPolicies", "--policy and --clear-policies");
  const read = async (file: string | undefined): Promise<string | undefined> =>
    file === undefined ? undefined : await readBoundedFile(file, io);
  const policies: string[] = [];
  // One after the other: standard input can be read once.
  for (const file of flags.policy ?? []) policies.push(await readBoundedFile(file, io));
  const members = {
    path: flags.path,
    tags: flags.clearTags ? {} : flags.tag,
    identityPolicies: flags.policy !== undefined || flags.clearPolicies ? policies : undefined,
    permissionBoundary: await read(flags.permissionBoundary),
    orgId: flags.orgId,
    orgPaths: flags.orgPath,
    trustPolicy: await read(flags.trustPolicy),
    maxSessionSeconds: flags.maxSession,
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function refuseBoth(flags: IdentityFlags, one: keyof IdentityFlags, other: keyof IdentityFlags, names: string): void {
  if (flags[one] !== undefined && flags[other] !== undefined)
    throw new CliFailure(`${names} exclude each other: give one of them`, 2);
}
