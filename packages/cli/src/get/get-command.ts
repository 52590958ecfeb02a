import { Command, Option } from "commander";
import { stringify } from "yaml";
import { openApi } from "../api/api.ts";
import { addConnectionOptions, type ConnectionFlags } from "../api/connection.ts";
import type { CliIo } from "../run-cli.ts";
import { addWithinOptions, kindArgument, requireNamed, type WithinFlags } from "./kind-argument.ts";
import type { Kind, Row } from "./kinds.ts";
import { tableText } from "./table.ts";

type Format = "table" | "wide" | "json" | "yaml";
type Flags = ConnectionFlags & WithinFlags & { readonly output: Format };

/** `pergola get`: lists what there is. */
export function getCommand(io: CliIo): Command {
  const formats: readonly Format[] = ["table", "wide", "json", "yaml"];
  const command = addWithinOptions(new Command("get").description("list resources as a table"))
    .addArgument(kindArgument())
    .argument("[name]", "name, id or ARN of the one to show")
    .addOption(new Option("-o, --output <format>", "how it is printed").choices(formats).default("table"));
  return addConnectionOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  pergola get services
  pergola get rules --service orders
  pergola get targets --target-group orders-v2 -o wide
  pergola get service orders -o yaml`,
    )
    .action(async (kind: Kind, wanted: string | undefined, flags: Flags) => {
      const all = await kind.list(openApi(flags, io), flags);
      io.stdout.write(printed(wanted === undefined ? all : requireNamed(all, kind.names, wanted), kind, flags.output));
    });
}

function printed(rows: readonly Row[], { columns, names: [plural] }: Kind, format: Format): string {
  if (format === "json") return `${JSON.stringify(rows, null, 2)}\n`;
  if (format === "yaml") return stringify(rows, { lineWidth: 0 });
  return rows.length === 0 ? `no ${plural}\n` : tableText(rows, columns, format === "wide");
}
