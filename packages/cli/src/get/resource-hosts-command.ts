import { Command } from "commander";
import { openApi } from "../api/api.ts";
import { addConnectionOptions, type ConnectionFlags } from "../api/connection.ts";
import { printable } from "../printable.ts";
import type { CliIo } from "../run-cli.ts";
import { resourceEndpoints } from "./resource-endpoints.ts";

/** `pergola resource-hosts`: the names of resources as lines of a hosts file. */
export function resourceHostsCommand(io: CliIo): Command {
  const command = new Command("resource-hosts").description(
    "print lines for /etc/hosts by which clients on this machine find resources by name",
  );
  return addConnectionOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  pergola resource-hosts
  pergola resource-hosts | sudo tee -a /etc/hosts`,
    )
    .action(async (flags: ConnectionFlags) => {
      for (const { address, domainName, privateDomainName } of await resourceEndpoints(openApi(flags, io))) {
        const names = [domainName, privateDomainName].filter((name) => name !== undefined);
        if (address === undefined || names.length === 0) continue;
        io.stdout.write(`${printable([address, ...names].join(" "))}\n`);
      }
    });
}
