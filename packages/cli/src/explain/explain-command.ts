import type { PastRequest } from "@pergola/core";
import type { Explanation } from "@pergola/iam";
import { Command, InvalidArgumentError } from "commander";
import { type Api, ApiFailure, openApi } from "../api/api.ts";
import { type ApiFlags, addApiOptions } from "../api/call-and-print.ts";
import { CliFailure } from "../cli-failure.ts";
import { wholeNumber } from "../key-values.ts";
import type { CliIo, SetExitCode } from "../run-cli.ts";
import type { ExplainRequest } from "./explain-request.ts";
import { explanationText } from "./explanation-text.ts";
import { paintFor } from "./paint.ts";
import { differenceText, pastRequestText, reconstruct } from "./past-request.ts";

type Header = ExplainRequest["headers"][number];

type Flags = ApiFlags & {
  readonly requestId?: string;
  readonly header?: readonly Header[];
} & Partial<Omit<ExplainRequest, "headers">>;

/** Explained as denied, or as not reachable at all. */
const deniedExitCode = 3;

/** `pergola explain`: what would become of a request, or became of one, and why. */
export function explainCommand(io: CliIo, setExitCode: SetExitCode): Command {
  const command = new Command("explain")
    .description("say what would become of a request, and why; nothing is sent to a target")
    .option("--service <service>", "id, ARN, name or DNS name of the service")
    .option("--request-id <id>", "a request that happened: its x-amzn-requestid; what else is given replaces its own")
    .option("--method <method>", "HTTP method (default GET)")
    .option("--path <path>", "path, with the query (default /)")
    .option("--as <principal>", "ARN of a user, role or session, or anonymous (default anonymous)")
    .option("--from <vpc>", "VPC that the request comes from (default the first that is associated)")
    .option("--source-ip <address>", "the client's address (default 127.0.0.1)")
    .option("--port <port>", "the listener's port (default the first listener's)", wholeNumber(1, 65_535))
    .option("--header <header>", "a header, 'name: value'; may be given several times", collectHeader);
  return addApiOptions(command)
    .addHelpText(
      "after",
      `
Exit code: 0 allowed, 3 denied or not reachable, 1 failed, 2 used wrongly.

Examples:
  pergola explain --service my-service --path /orders?id=7 --as arn:aws:iam::123456789012:user/alice
  pergola explain --service my-service --method POST --as anonymous --from vpc-0abc --header 'x-tenant: blue'
  pergola explain --request-id 2a0b… -o json
  pergola explain --request-id 2a0b… --as arn:aws:iam::123456789012:role/web`,
    )
    .action(async (flags: Flags) => {
      if ((flags.service === undefined) === (flags.requestId === undefined)) {
        throw new CliFailure("give --service for a request to come, or --request-id for one that happened", 2);
      }
      const api = openApi(flags, io);
      const explained =
        flags.requestId === undefined ? explain(flags, api, io) : explainPast(flags.requestId, flags, api, io);
      setExitCode((await explained) === "allowed" ? 0 : deniedExitCode);
    });
}

function collectHeader(text: string, before: readonly Header[] = []): readonly Header[] {
  const at = text.indexOf(":");
  if (at < 1) throw new InvalidArgumentError("must be 'name: value'");
  return [...before, { name: text.slice(0, at).trim(), value: text.slice(at + 1).trim() }];
}

type Decision = Explanation["decision"];

async function explain(flags: Flags, api: Api, io: CliIo): Promise<Decision> {
  const request = withFlags({ service: "", method: "GET", path: "/", as: "anonymous", headers: [] }, flags);
  const explanation = await ask(api, request);
  io.stdout.write(flags.output === "json" ? asJson(explanation) : explanationText(explanation, request, paintFor(io)));
  return explanation.decision;
}

/** The service of a request that happened may be gone, or may never have been one: then that is the explanation. */
async function explainPast(requestId: string, flags: Flags, api: Api, io: CliIo): Promise<Decision | undefined> {
  const past = (await api.call("GET", `/pergola/requests/${encodeURIComponent(requestId)}`)) as PastRequest;
  const { request: original, notes } = reconstruct(past);
  const request = withFlags(original, flags);
  const result = await askOrWhyNot(api, request);
  const isExplained = !("whyNot" in result);
  if (flags.output === "json") {
    io.stdout.write(asJson({ past, request, notes, ...(isExplained ? { explanation: result } : result) }));
    return isExplained ? result.decision : undefined;
  }
  const paint = paintFor(io);
  io.stdout.write(`${pastRequestText(past, notes, paint)}\n`);
  if (!isExplained) {
    io.stdout.write(`${paint("red", "not reachable")}  ${result.whyNot}\n`);
    return undefined;
  }
  const difference = differenceText(past, result);
  if (difference !== undefined) io.stdout.write(`${paint("yellow", difference)}\n\n`);
  io.stdout.write(explanationText(result, request, paint));
  return result.decision;
}

async function ask(api: Api, request: ExplainRequest): Promise<Explanation> {
  return (await api.call("POST", "/pergola/explain", request)) as Explanation;
}

async function askOrWhyNot(api: Api, request: ExplainRequest): Promise<Explanation | { readonly whyNot: string }> {
  try {
    return await ask(api, request);
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error;
    if (error.code !== "ResourceNotFoundException" && error.code !== "ValidationException") throw error;
    return { whyNot: error.message };
  }
}

function withFlags(request: ExplainRequest, flags: Flags): ExplainRequest {
  const { service, method, path, as, from, sourceIp, port, header = [] } = flags;
  const given = Object.entries({ service, method, path, as, from, sourceIp, port }).filter(
    ([, value]) => value !== undefined,
  );
  const replaced = new Set(header.map(({ name }) => name.toLowerCase()));
  const kept = request.headers.filter(({ name }) => !replaced.has(name));
  return { ...request, ...Object.fromEntries(given), headers: [...kept, ...header] };
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
