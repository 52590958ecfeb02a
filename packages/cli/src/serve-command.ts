import { Command } from "commander";
import type { CliIo, SetExitCode } from "./run-cli.ts";

/** Flags of `pergola serve` with what they take; each has an environment variable `PERGOLA_…` of the same name. */
const flags: readonly (readonly [flag: string, description: string])[] = [
  ["--api-port <port>", "port of the API, 0 for a free one (default 7070)"],
  ["--http-port <port>", "where listener port 80 is served (default 7080)"],
  ["--https-port <port>", "where listener port 443 is served (default 7443)"],
  ["--domain <suffix>", "suffix of service DNS names (default localhost)"],
  ["--data-dir <dir>", "everything that is kept (default .pergola)"],
  ["--account-id <id>", "account of callers whose access key is not known (default 123456789012)"],
  ["--region <region>", "region (default us-west-2)"],
  ["--functions-dir <dir>", "Lambda functions: hello.mjs is function:hello (default functions)"],
  ["--lambda-endpoint <url>", "a Lambda Invoke API to use in place of the functions directory"],
  ["--config <file>", "instances, VPCs and identities (default pergola.json)"],
  ["--host <address>", "address to listen on (default 127.0.0.1)"],
  ["--require-auth", "accept only API requests that are signed with a key of the configuration"],
  ["--settle-ms <ms>", "how long a create or update shows as in progress (default 0)"],
  ["--service-rate <n>", "requests a second for each service, beyond which it answers 429 (default 0: no limit)"],
  [
    "--dns-server <address>",
    "DNS server that domain verifications and resources are looked up at (default the system's)",
  ],
  ["--proxy-protocol <cidrs>", "load balancers that send a PROXY header of version 2 (default none)"],
  ["--resource-cidr <cidr>", "addresses of this machine for resources, or none (default 127.77.0.0/16)"],
  ["--function-timeout-ms <ms>", "longest run of a function (default 30000)"],
  ["--function-memory-mb <mb>", "heap of a function (default 128)"],
  [
    "--workers <count>",
    "processes that carry requests, 1 to 64, beside the one with the API (default: all is one process)",
  ],
  ["--log-level <level>", "error, warn or info (default info)"],
];

/** `pergola serve`: a whole Pergola in this process. */
export function serveCommand(io: CliIo, setExitCode: SetExitCode): Command {
  const command = new Command("serve").description("run the API and the data plane on this machine");
  for (const [flag, description] of flags) command.option(flag, description);
  return command
    .option("--demo", "set up an example service with an instance and a function behind it")
    .addHelpText(
      "after",
      `
Each flag can be given as an environment variable: --api-port as PERGOLA_API_PORT.

Examples:
  pergola serve
  pergola serve --demo
  pergola serve --api-port 0 --http-port 0 --https-port 0 --data-dir /tmp/pergola
  pergola serve --host 0.0.0.0 --require-auth --config pergola.json`,
    )
    .action(async ({ demo = false, ...given }: Record<string, string | boolean | undefined>) => {
      const { serve } = await import("./serve.ts");
      setExitCode(await serve({ flags: given, demo: demo === true }, io));
    });
}
