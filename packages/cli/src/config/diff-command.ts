import { Command } from "commander";
import { openApi } from "../api/api.ts";
import { type ApiFlags, addApiOptions } from "../api/call-and-print.ts";
import { paintFor } from "../explain/paint.ts";
import { printable } from "../printable.ts";
import type { CliIo, SetExitCode } from "../run-cli.ts";
import type { Plan, PlanStep } from "./plan.ts";
import { planFromFile } from "./plan-from-file.ts";
import { planJson, planText } from "./plan-text.ts";

type Flags = ApiFlags & { readonly filename: string };

/** `pergola diff`: what separates the account from a file. */
export function diffCommand(io: CliIo, setExitCode: SetExitCode): Command {
  const command = new Command("diff")
    .description("say what separates the configuration from a file")
    .requiredOption("-f, --filename <file>", "the file, as `pergola export` writes it; - for standard input");
  return addApiOptions(command)
    .addHelpText(
      "after",
      `
Exit code: 0 the same, 1 different (or failed), 2 used wrongly.

Examples:
  pergola diff -f network.yaml
  git show main:network.yaml | pergola diff -f -`,
    )
    .action(async (flags: Flags) => {
      const { plan } = await planFromFile(openApi(flags, io), flags.filename, io);
      const text = flags.output === "json" ? `${JSON.stringify(planJson(plan), null, 2)}\n` : diffText(plan, io);
      io.stdout.write(text);
      if (plan.steps.length > 0) setExitCode(1);
    });
}

function diffText(plan: Plan, io: CliIo): string {
  if (plan.steps.length === 0) return `no difference: ${plan.unchanged.length} resources are as the file says\n`;
  return planText(plan, true, paintFor(io)) + plan.steps.map(detailText).join("");
}

function detailText({ action, item, current, members }: PlanStep): string {
  if (current === undefined || members.length === 0 || action === "delete") return "";
  const lines = members.map((name) => {
    const [is, wanted] = [current, item].map((one) => memberOf(one, name));
    return `  ${name}\n    - ${printable(is ?? "(none)")}\n    + ${printable(wanted ?? "(none)")}\n`;
  });
  return `\n${printable(item.path)}\n${lines.join("")}`;
}

function memberOf({ fixed, settable, tags }: PlanStep["item"], name: string): string | undefined {
  return JSON.stringify(name === "tags" ? tags : (settable[name] ?? fixed[name]));
}
