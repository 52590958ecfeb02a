import { Command, Option } from "commander";
import { stringify } from "yaml";
import { type Api, openApi } from "../api/api.ts";
import { addConnectionOptions, type ConnectionFlags } from "../api/connection.ts";
import { CliFailure } from "../cli-failure.ts";
import type { CliIo } from "../run-cli.ts";
import { details } from "./details.ts";
import { addWithinOptions, kindArgument, requireNamed, type WithinFlags } from "./kind-argument.ts";
import type { Kind, Row } from "./kinds.ts";

type Flags = ConnectionFlags & WithinFlags & { readonly output: "yaml" | "json" };

/** `pergola describe`: everything about one resource and its parts. */
export function describeCommand(io: CliIo): Command {
  const command = addWithinOptions(
    new Command("describe").description("show everything about one resource and its parts"),
  )
    .addArgument(kindArgument())
    .argument("<name>", "its name, id or ARN")
    .addOption(new Option("-o, --output <format>", "how it is printed").choices(["yaml", "json"]).default("yaml"));
  return addConnectionOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  pergola describe service orders
  pergola describe rule api --service orders --listener http
  pergola describe target-group orders-v2 -o json | jq .targets`,
    )
    .action(async (kind: Kind, wanted: string, flags: Flags) => {
      const answer = await describe(openApi(flags, io), kind, wanted, flags);
      io.stdout.write(
        flags.output === "json" ? `${JSON.stringify(answer, null, 2)}\n` : stringify(answer, { lineWidth: 0 }),
      );
    });
}

async function describe(api: Api, kind: Kind, wanted: string, flags: Flags): Promise<Row> {
  const [row, ...others] = requireNamed(await kind.list(api, flags), kind.names, wanted);
  if (others.length > 0) {
    throw new CliFailure(`there are ${others.length + 1} ${kind.names[0]} named \`${wanted}\`: give an id`);
  }
  return details(api, kind.names[0], row ?? {});
}
