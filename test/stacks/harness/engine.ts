/**
 * Stands in for the deployment engine behind the real sst command: `preview` and `up` run the command's own bundle against the
 * command's own server, and write down what it asks for. The state that `up` leaves is enough for the command to read it back.
 */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Graph } from "./graph.ts";
import { runProgram } from "./run-program.ts";

const args = process.argv.slice(2);
const directory = process.cwd();
const optionsNamed = (name: string): string[] => args.flatMap((arg, i) => (arg === name ? [args[i + 1] ?? ""] : []));
const [verb] = args;
const stack = verb === "stack" ? args[2] : optionsNamed("--stack")[0];
const [, project = "", stage = ""] = stack?.split("/") ?? [];
const stateFile = join(directory, ".pulumi/stacks", project, `${stage}.json`);

function writeState(resources: readonly object[]): void {
  const manifest = { time: new Date(0).toISOString(), magic: "", version: "" };
  mkdirSync(dirname(stateFile), { recursive: true });
  writeFileSync(stateFile, JSON.stringify({ version: 3, checkpoint: { stack, latest: { manifest, resources } } }));
}

function report({ errors, resources }: Graph): void {
  const [file = ""] = optionsNamed("--event-log");
  const timestamp = Math.floor(Date.now() / 1000);
  const summary = {
    maybeCorrupt: false,
    durationSeconds: 1,
    resourceChanges: { create: resources.length },
    policyPacks: {},
  };
  const events = [
    { preludeEvent: { config: {} } },
    ...errors.map((message) => ({ diagnosticEvent: { message, color: "never", severity: "error" } })),
    { summaryEvent: summary },
  ];
  for (const [sequence, event] of events.entries())
    appendFileSync(file, `${JSON.stringify({ sequence, timestamp, ...event })}\n`);
}

if (verb === "stack") {
  writeState([]);
} else if (verb === "preview" || verb === "up") {
  const bundle = /^main: (.*)$/m.exec(readFileSync("Pulumi.yaml", "utf8"))?.[1] ?? "";
  const config = Object.fromEntries(optionsNamed("--config").map((pair) => splitOnce(pair)));
  const graph = await runProgram({ bundle, project, stage, config, root: process.env.STACKS_TEST_ROOT ?? "" });
  writeFileSync(process.env.STACKS_TEST_GRAPH ?? "", JSON.stringify(graph));
  if (verb === "up") {
    writeState(
      graph.resources.map(({ urn, type, isCustom, id, parent, inputs, outputs = {} }) => ({
        urn,
        type,
        custom: isCustom,
        ...(isCustom ? { id } : {}),
        ...(parent === undefined ? {} : { parent }),
        inputs,
        outputs,
      })),
    );
  }
  report(graph);
  process.exit(graph.errors.length === 0 ? 0 : 1);
} else {
  console.error(`the engine's stand-in does not know \`${args.join(" ")}\``);
  process.exit(1);
}

function splitOnce(pair: string): [string, string] {
  const at = pair.indexOf("=");
  return [pair.slice(0, at), pair.slice(at + 1)];
}
