import { Command } from "commander";
import type { CliIo } from "../run-cli.ts";
import { accessKeyCommands } from "./access-key-commands.ts";
import { identityKindCommands } from "./identity-kind-commands.ts";

/** `pergola identity …`: the users, roles and access keys that requests are signed with. */
export function identityCommand(io: CliIo): Command {
  const command = new Command("identity").description("manage users, roles and access keys").addHelpText(
    "after",
    `
A server with --require-auth asks for signed requests: they are signed with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
AWS_SESSION_TOKEN, or with the profile that AWS_PROFILE names.

Examples:
  pergola identity create-user alice --policy allow.json
  pergola identity create-access-key alice
  pergola identity create-role web --trust-policy trust.json`,
  );
  const commands = [...identityKindCommands("user", io), ...accessKeyCommands(io), ...identityKindCommands("role", io)];
  for (const one of commands) command.addCommand(one);
  return command;
}
