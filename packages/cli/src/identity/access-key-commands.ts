import { Command } from "commander";
import type { Api } from "../api/api.ts";
import { type ApiFlags, addApiOptions, callAndPrint, listAll } from "../api/call-and-print.ts";
import { connectionOf } from "../api/connection.ts";
import { printable } from "../printable.ts";
import type { CliIo } from "../run-cli.ts";

interface AccessKey {
  readonly accessKeyId: string;
  readonly createdAt: string;
}

/** @returns the commands that make, list and delete access keys */
export function accessKeyCommands(io: CliIo): Command[] {
  return [create, list, remove].map((build) => addApiOptions(build(io)));
}

function create(io: CliIo): Command {
  return new Command("create-access-key")
    .description("make an access key of a user; its secret is shown this once")
    .argument("<user>", "the user's name")
    .addHelpText(
      "after",
      `
Examples:
  pergola identity create-access-key alice
  (umask 077; pergola identity create-access-key alice -o json > alice.key.json)`,
    )
    .action((user: string, flags: ApiFlags) =>
      callAndPrint(
        flags,
        io,
        async (api) => (await api.call("POST", keysOf(user), {})) as AccessKey & { secretAccessKey: string },
        ({ accessKeyId, secretAccessKey }, api) => `Access key of ${user}. The secret is not shown again:

  export AWS_ACCESS_KEY_ID=${accessKeyId}
  export AWS_SECRET_ACCESS_KEY=${secretAccessKey}

${nextSteps(api, connectionOf(flags, io).region)}`,
      ),
    );
}

function nextSteps({ endpointUrl }: Api, region: string): string {
  return `Any AWS client signs with it, for example:

  aws sts get-caller-identity --endpoint-url ${endpointUrl} --region ${region}
  curl --aws-sigv4 aws:amz:${region}:vpc-lattice-svcs --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\
    -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' http://<service's DNS name>/
`;
}

function list(io: CliIo): Command {
  return new Command("list-access-keys")
    .description("list the access keys of a user, without their secrets")
    .argument("<user>", "the user's name")
    .addHelpText("after", "\nExamples:\n  pergola identity list-access-keys alice")
    .action((user: string, flags: ApiFlags) =>
      callAndPrint(
        flags,
        io,
        (api) => listAll<AccessKey>(api, keysOf(user)),
        (keys) => keys.map(({ createdAt, accessKeyId }) => `${createdAt}  ${printable(accessKeyId)}\n`).join(""),
      ),
    );
}

function remove(io: CliIo): Command {
  return new Command("delete-access-key")
    .description("delete an access key: signatures by it are refused from now on")
    .argument("<id>", "the access key's id, AKIA…")
    .addHelpText("after", "\nExamples:\n  pergola identity delete-access-key AKIAIOSFODNN7EXAMPLE")
    .action((id: string, flags: ApiFlags) =>
      callAndPrint(
        flags,
        io,
        async (api) => (await api.call("DELETE", `/pergola/access-keys/${encodeURIComponent(id)}`)) ?? {},
        () => `access key ${id} is deleted\n`,
      ),
    );
}

function keysOf(user: string): string {
  return `/pergola/users/${encodeURIComponent(user)}/access-keys`;
}
