import { type Command, InvalidArgumentError } from "commander";
import { CliFailure } from "../cli-failure.ts";
import type { CliIo } from "../run-cli.ts";

/** The server that a command talks to. */
export interface Connection {
  /** Without a slash at its end. */
  readonly endpointUrl: string;
  /** Signatures are made for it. */
  readonly region: string;
}

/** What commander gives for the options of `addConnectionOptions`. */
export interface ConnectionFlags {
  readonly endpointUrl?: string;
  readonly region?: string;
}

const defaultEndpointUrl = "http://127.0.0.1:7070";
const defaultRegion = "us-west-2";

/** Adds `--endpoint-url` and `--region`. */
export function addConnectionOptions(command: Command): Command {
  return command
    .option("--endpoint-url <url>", `Pergola's API (default $PERGOLA_API_URL, or ${defaultEndpointUrl})`, endpointUrl)
    .option("--region <region>", `region of requests that are signed (default $AWS_REGION, or ${defaultRegion})`);
}

/** @throws CliFailure for a `PERGOLA_API_URL` that is none */
export function connectionOf(flags: ConnectionFlags, { env }: CliIo): Connection {
  const ofEnvironment = originOf(env.PERGOLA_API_URL || defaultEndpointUrl);
  if (ofEnvironment === undefined) throw new CliFailure(`PERGOLA_API_URL ${whatItMustBe}`, 2);
  return {
    endpointUrl: flags.endpointUrl ?? ofEnvironment,
    region: flags.region || env.AWS_REGION || env.AWS_DEFAULT_REGION || defaultRegion,
  };
}

const whatItMustBe = "must be a URL such as http://127.0.0.1:7070, without a path";

/** @throws InvalidArgumentError */
function endpointUrl(text: string): string {
  const origin = originOf(text);
  if (origin === undefined) throw new InvalidArgumentError(whatItMustBe);
  return origin;
}

function originOf(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname !== "/" || url.search !== "") return undefined;
  return url.username === "" && url.password === "" ? url.origin : undefined;
}
