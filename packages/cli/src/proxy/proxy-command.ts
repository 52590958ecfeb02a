import { Command } from "commander";
import { connectionOf } from "../api/connection.ts";
import { openAwsSigner } from "../aws-signer.ts";
import { CliFailure } from "../cli-failure.ts";
import { wholeNumber } from "../key-values.ts";
import { readSecureUrl } from "../loopback-url.ts";
import { printable } from "../printable.ts";
import type { CliIo } from "../run-cli.ts";

interface Flags {
  readonly endpointUrl: string;
  readonly port: number;
  readonly region?: string;
  readonly profile?: string;
}

/** `pergola proxy`: lets the AWS CLI and Terraform reach the API of a deployment on AWS. */
export function proxyCommand(io: CliIo): Command {
  return new Command("proxy")
    .description("sign for a deployment's function URL, so that the AWS CLI and Terraform reach its API")
    .requiredOption("--endpoint-url <url>", "function URL of the deployment's API")
    .option("--port <port>", "port on 127.0.0.1, 0 for a free one", wholeNumber(0, 65_535), 7071)
    .option("--region <region>", "region of the function (default that of the URL)")
    .option("--profile <name>", "AWS profile to sign with (default the usual chain)")
    .addHelpText(
      "after",
      `
Whoever can reach the port acts with your AWS credentials: it is open to this machine alone, and to every user of it.

Example:
  pergola proxy --endpoint-url https://….lambda-url.us-west-2.on.aws
  aws vpc-lattice list-services --endpoint-url http://127.0.0.1:7071`,
    )
    .action(async (flags: Flags) => runProxy(flags, io));
}

async function runProxy(flags: Flags, io: CliIo): Promise<void> {
  const endpoint = readSecureUrl(flags.endpointUrl);
  if (endpoint === undefined || endpoint.pathname !== "/" || endpoint.search !== "")
    throw new CliFailure("--endpoint-url must be an https URL, or http on this machine, without a path", 2);
  const region = flags.region ?? regionOf(endpoint) ?? connectionOf({}, io).region;
  const signer = await openAwsSigner({ region, profile: flags.profile }, io);
  const { startSigningProxy } = await import("./signing-proxy.ts");
  const { untilSignal } = await import("../until-signal.ts");
  const end = untilSignal();
  try {
    // Before the port is open: whoever has no credentials hears of it now.
    await signer.identity();
    const onFailure = (line: string): void => void io.stderr.write(`pergola: ${printable(line)}\n`);
    const proxy = await startSigningProxy({ endpoint, signer, port: flags.port, onFailure }).catch(
      bindFailure(flags.port),
    );
    io.stdout.write(`${proxy.url} signs for ${endpoint.origin} in ${region}\n`);
    await end.received;
    await proxy.close(5_000);
  } finally {
    end.stop();
    signer.close();
  }
}

function bindFailure(port: number): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    const reason = error.code === "EADDRINUSE" ? "it is in use: choose another with --port" : error.message;
    throw new CliFailure(`port ${port} cannot be opened: ${reason}`, 1, { cause: error });
  };
}

/** Source: Lambda developer guide, "Function URLs": `<id>.lambda-url.<region>.on.aws`, read 2026-11. */
function regionOf({ hostname }: URL): string | undefined {
  return /^[a-z0-9]+\.lambda-url\.([a-z0-9-]+)\.on\.aws$/.exec(hostname)?.[1];
}
