import type { Paint } from "../explain/paint.ts";
import { printable } from "../printable.ts";
import type { ChangeAnswer, HistoryAnswer } from "./history-answer.ts";

const maxValue = 160;

/** @returns each change with who made it and what became different, newest first */
export function historyText(entries: readonly HistoryAnswer[], paint: Paint): string {
  if (entries.length === 0) return "no changes\n";
  return entries.map((entry) => entryText(entry, paint)).join("\n");
}

function entryText(entry: HistoryAnswer, paint: Paint): string {
  const { id, time, operation, account, principal, accessKeyId, changes, truncated } = entry;
  const who = [principal ?? `account ${account}`, ...(accessKeyId === undefined ? [] : [`key ${accessKeyId}`])];
  const head = `${paint("bold", time)}  ${operation}  ${paint("dim", id)}\n  by ${printable(who.join(", "))}\n`;
  const note = truncated ? "  (too large: the differences were not kept)\n" : "";
  return head + changes.map((change) => changeText(change, paint)).join("") + note;
}

const colours = { create: "green", update: "yellow", delete: "red", change: "yellow" } as const;

/** @returns what a change did to one resource, and to which of its members */
export function changeText({ action, kind, id, name, members = {} }: ChangeAnswer, paint: Paint): string {
  const label = name === undefined ? id : `${name} (${id})`;
  const head = `  ${paint(colours[action], action.padEnd(6))} ${kind} ${printable(label)}`;
  if (isNames(members)) return `${head}${members.length === 0 ? "" : `: ${members.join(", ")}`}\n`;
  const lines = Object.entries(members)
    .filter(([member]) => member !== "lastUpdatedAt")
    .map(([member, { before, after }]) => `           ${member}: ${shown(before)} -> ${shown(after)}\n`);
  return `${head}\n${lines.join("")}`;
}

function isNames(members: NonNullable<ChangeAnswer["members"]>): members is readonly string[] {
  return Array.isArray(members);
}

function shown(value: unknown): string {
  if (value === undefined) return "(none)";
  const text = printable(typeof value === "string" ? value : JSON.stringify(value));
  return text.length <= maxValue ? text : `${text.slice(0, maxValue)}…`;
}
