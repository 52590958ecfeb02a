import type { Paint } from "../explain/paint.ts";
import { printable } from "../printable.ts";
import type { Plan, PlanStep } from "./plan.ts";

const marks = { create: "+", update: "~", delete: "-", refuse: "!" } as const;
const colours = { create: "green", update: "yellow", delete: "red", refuse: "red" } as const;

/**
 * @param prune whether deletions are part of it; otherwise they are told as what is left alone
 * @returns one line for each step, and a line that counts them
 */
export function planText({ steps, unchanged }: Plan, prune: boolean, paint: Paint): string {
  const lines = steps.map((step) => `${stepText(step, prune, paint)}\n`);
  const count = (action: PlanStep["action"]): number => steps.filter((step) => step.action === action).length;
  const kept = count("delete");
  const counts = [
    `${count("create")} to create`,
    `${count("update")} to update`,
    prune ? `${kept} to delete` : `${kept} not in the file`,
    `${unchanged.length} unchanged`,
    ...(count("refuse") === 0 ? [] : [`${count("refuse")} impossible`]),
  ];
  return `${lines.join("")}plan: ${counts.join(", ")}\n`;
}

function stepText(step: PlanStep, prune: boolean, paint: Paint): string {
  const { action, item, members } = step;
  const path = printable(item.path);
  if (action === "delete" && !prune) return paint("dim", `  keep    ${path} (not in the file; --prune deletes it)`);
  const which = members.length === 0 ? "" : `: ${members.join(", ")}`;
  const why = action === "refuse" ? " cannot change in place; use another name, or delete it first" : "";
  return paint(colours[action], `${marks[action]} ${action.padEnd(7)} ${path}${which}${why}`);
}

/** @returns the plan as JSON has it */
export function planJson({ steps, unchanged }: Plan): unknown {
  return {
    steps: steps.map(({ action, item, members }) => ({ action, kind: item.kind, path: item.path, members })),
    unchanged,
  };
}
