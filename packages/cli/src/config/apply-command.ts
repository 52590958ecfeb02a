import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { openApi } from "../api/api.ts";
import { type ApiFlags, addApiOptions } from "../api/call-and-print.ts";
import { paintFor } from "../explain/paint.ts";
import type { CliIo, SetExitCode } from "../run-cli.ts";
import { applySteps, type StepOutcome } from "./apply-plan.ts";
import type { PlanStep } from "./plan.ts";
import { type FilePlan, planFromFile } from "./plan-from-file.ts";
import { planJson, planText } from "./plan-text.ts";

type Flags = ApiFlags & { readonly filename: string; readonly prune?: true; readonly dryRun?: true };

/** `pergola apply`: makes the account what a file says. */
export function applyCommand(io: CliIo, setExitCode: SetExitCode): Command {
  const command = new Command("apply")
    .description("make the configuration what a file says: print the plan, and then do it")
    .requiredOption("-f, --filename <file>", "the file, as `pergola export` writes it; - for standard input")
    .option("--prune", "also delete what is not in the file")
    .option("--dry-run", "print the plan only");
  return addApiOptions(command)
    .addHelpText(
      "after",
      `
Exit code: 0 all is as the file says, 1 something failed or is impossible, 2 used wrongly.

Examples:
  pergola apply -f network.yaml --dry-run
  pergola apply -f network.yaml --prune
  pergola export | pergola apply -f - --endpoint-url http://127.0.0.1:7171`,
    )
    .action(async (flags: Flags) => {
      const failures = await apply(flags, io);
      if (failures > 0) setExitCode(1);
    });
}

async function apply(flags: Flags, io: CliIo): Promise<number> {
  const api = openApi(flags, io);
  const found = await planFromFile(api, flags.filename, io);
  const isText = flags.output !== "json";
  const paint = paintFor(io);
  if (isText) io.stdout.write(planText(found.plan, flags.prune === true, paint));
  const refused = found.plan.steps.filter(({ action }) => action === "refuse").length;
  if (refused > 0 && flags.dryRun !== true)
    io.stderr.write("pergola: nothing was changed: the plan has what is impossible\n");
  const isDone = refused > 0 || flags.dryRun === true;
  const onOutcome = (outcome: StepOutcome): unknown => isText && io.stdout.write(outcomeText(outcome));
  const outcomes = isDone ? [] : await run(found, flags, { api, sleep, onOutcome });
  if (!isText)
    io.stdout.write(
      `${JSON.stringify({ plan: planJson(found.plan), outcomes: outcomes.map(outcomeJson) }, null, 2)}\n`,
    );
  const failed = outcomes.filter(({ failure }) => failure !== undefined).length;
  if (failed > 0)
    io.stderr.write(`pergola: ${failed} of ${outcomes.length} changes failed; apply again when the reasons are gone\n`);
  return refused + failed;
}

function run(
  { plan, account }: FilePlan,
  { prune }: Flags,
  ports: Parameters<typeof applySteps>[3],
): Promise<readonly StepOutcome[]> {
  const steps = plan.steps.filter(({ action }: PlanStep) => action !== "delete" || prune === true);
  return applySteps(steps, account.items, account.references, ports);
}

const done = { create: "created", update: "updated", delete: "deleted", refuse: "refused" } as const;

function outcomeText({ step, failure }: StepOutcome): string {
  const { action, item } = step;
  return failure === undefined ? `${done[action]} ${item.path}\n` : `failed to ${action} ${item.path}: ${failure}\n`;
}

function outcomeJson({ step, failure }: StepOutcome): unknown {
  const { action, item } = step;
  return { action, path: item.path, ...(failure === undefined ? {} : { failure }) };
}
