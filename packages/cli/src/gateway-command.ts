import { Command } from "commander";
import type { CliIo, SetExitCode } from "./run-cli.ts";

/** Flags with what they take; each has an environment variable `PERGOLA_…` of the same name. */
const flags: readonly (readonly [flag: string, description: string])[] = [
  ["--table <name>", "DynamoDB table of the deployment (required)"],
  ["--region <region>", "region (default AWS_REGION)"],
  ["--listeners <list>", "listener ports and where they are served (default 80=8080,443=8443)"],
  ["--host <address>", "address to listen on (default 0.0.0.0)"],
  ["--health-port <port>", "port of the health check, GET /health (default 8081)"],
  ["--source-vpc <vpc>", "VPC of all clients: vpc-…/<owner account>, any or none (default none)"],
  ["--proxy-protocol <cidrs>", "load balancers that send a PROXY header of version 2 (default none)"],
  ["--kms-key-id <key>", "KMS key of the session keys; without it signed requests are refused"],
  ["--record-queue-url <url>", "SQS queue of access records (default directly to their destinations)"],
  ["--spool-dir <dir>", "where records wait (default a temporary folder; what is left at the end goes to the log)"],
  ["--tls-files <files>", "certificates with their keys, <certificate>:<key> in PEM, separated by commas"],
  ["--poll-ms <ms>", "how often changes of the configuration are looked for (default 1000)"],
  ["--drain-delay-ms <ms>", "how long to show as draining before no connection is accepted (default 0)"],
  ["--drain-ms <ms>", "how long requests in flight may take at the end (default 25000)"],
];

/** `pergola gateway`: the data plane alone, for a deployment on AWS. */
export function gatewayCommand(io: CliIo, setExitCode: SetExitCode): Command {
  const command = new Command("gateway").description("serve a deployment's services from a long-lived process");
  for (const [flag, description] of flags) command.option(flag, description);
  return command
    .addHelpText(
      "after",
      `
Each flag can be given as an environment variable: --table as PERGOLA_TABLE. PERGOLA_TLS_PEM holds the text of a certificate, its
chain and its private key. AWS credentials come from the usual chain, such as a task's role.

SIGTERM drains: GET /health turns to 503, requests in flight are finished, access records are delivered.

Examples:
  pergola gateway --table pergola-production-StoreTable --source-vpc any
  pergola gateway --table mesh --listeners 80=80,443=443 --tls-files /tls/tls.crt:/tls/tls.key --source-vpc vpc-0123456789abcdef0/123456789012`,
    )
    .action(async (flags: Record<string, string | undefined>) => {
      const { serveGateway } = await import("./gateway.ts");
      setExitCode(await serveGateway(flags, io));
    });
}
