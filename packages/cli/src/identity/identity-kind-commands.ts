import { Command } from "commander";
import { type ApiFlags, addApiOptions, callAndPrint, listAll } from "../api/call-and-print.ts";
import type { CliIo } from "../run-cli.ts";
import { addCreateOptions, addRoleOptions, addUpdateOptions, type IdentityFlags, membersOf } from "./identity-flags.ts";
import { type IdentityAnswer, identityListText, identityText } from "./identity-text.ts";

export type IdentityKind = "user" | "role";

/** @returns the commands that make, list, show, change and delete users or roles */
export function identityKindCommands(kind: IdentityKind, io: CliIo): Command[] {
  return [create, list, get, update, remove].map((build) => addApiOptions(build(kind, io)));
}

function create(kind: IdentityKind, io: CliIo): Command {
  const command = addCreateOptions(new Command(`create-${kind}`)).argument("<name>", `the ${kind}'s name`);
  if (kind === "role") addRoleOptions(command, true);
  const example =
    kind === "role"
      ? "create-role web --trust-policy trust.json --policy allow.json --tag tier=front"
      : "create-user alice --path /team/ --tag team=a --policy allow.json";
  return command
    .description(`make a ${kind}`)
    .addHelpText("after", `\nExamples:\n  pergola identity ${example}`)
    .action(async (name: string, flags: IdentityFlags & ApiFlags) => {
      const body = { name, ...(await membersOf(flags, io)) };
      await callAndPrint(
        flags,
        io,
        async (api) => (await api.call("POST", `/pergola/${kind}s`, body)) as IdentityAnswer,
        identityText,
      );
    });
}

function list(kind: IdentityKind, io: CliIo): Command {
  return new Command(`list-${kind}s`)
    .description(`list the account's ${kind}s`)
    .addHelpText("after", `\nExamples:\n  pergola identity list-${kind}s -o json | jq -r '.[].arn'`)
    .action((flags: ApiFlags) =>
      callAndPrint(flags, io, (api) => listAll<IdentityAnswer>(api, `/pergola/${kind}s`), identityListText),
    );
}

function get(kind: IdentityKind, io: CliIo): Command {
  return new Command(`get-${kind}`)
    .description(`show a ${kind} with its policies`)
    .argument("<name>", `the ${kind}'s name`)
    .addHelpText("after", `\nExamples:\n  pergola identity get-${kind} ${sample[kind]}`)
    .action((name: string, flags: ApiFlags) =>
      callAndPrint(flags, io, async (api) => (await api.call("GET", at(kind, name))) as IdentityAnswer, identityText),
    );
}

function update(kind: IdentityKind, io: CliIo): Command {
  const command = addUpdateOptions(new Command(`update-${kind}`)).argument("<name>", `the ${kind}'s name`);
  if (kind === "role") addRoleOptions(command, false);
  return command
    .description(`change a ${kind}: what is given replaces what is there`)
    .addHelpText(
      "after",
      `\nExamples:\n  pergola identity update-${kind} ${sample[kind]} --policy allow.json --clear-tags`,
    )
    .action(async (name: string, flags: IdentityFlags & ApiFlags) => {
      const changes = await membersOf(flags, io);
      if (Object.keys(changes).length === 0) command.error("error: nothing to change: give at least one option");
      await callAndPrint(
        flags,
        io,
        async (api) => (await api.call("PATCH", at(kind, name), changes)) as IdentityAnswer,
        identityText,
      );
    });
}

function remove(kind: IdentityKind, io: CliIo): Command {
  const effect = kind === "role" ? "its sessions end with it" : "refused while it has access keys";
  return new Command(`delete-${kind}`)
    .description(`delete a ${kind}: ${effect}`)
    .argument("<name>", `the ${kind}'s name`)
    .addHelpText("after", `\nExamples:\n  pergola identity delete-${kind} ${sample[kind]}`)
    .action((name: string, flags: ApiFlags) =>
      callAndPrint(
        flags,
        io,
        async (api) => (await api.call("DELETE", at(kind, name))) ?? {},
        () => `${kind} ${name} is deleted\n`,
      ),
    );
}

const sample = { user: "alice", role: "web" } as const;

function at(kind: IdentityKind, name: string): string {
  return `/pergola/${kind}s/${encodeURIComponent(name)}`;
}
