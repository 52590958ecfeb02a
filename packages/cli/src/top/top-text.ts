import { type Column, tableText } from "../get/table.ts";
import type { Rate } from "./rates.ts";

/** A rate with its resource's name, as far as that is known. */
export type NamedRate = Rate & { readonly name?: string };

const columns: readonly Column<NamedRate>[] = [
  { title: "KIND", value: ({ kind }) => kind },
  { title: "NAME", value: ({ name, id }) => name ?? id },
  { title: "REQ/S", value: ({ requestsPerSecond }) => requestsPerSecond.toFixed(1) },
  { title: "4XX", value: ({ clientErrors }) => percent(clientErrors) },
  { title: "5XX", value: ({ serverErrors }) => percent(serverErrors) },
  { title: "P50 MS", value: ({ p50 }) => p50?.toFixed(2) },
  { title: "P99 MS", value: ({ p99 }) => p99?.toFixed(2) },
];

/** @returns a table, or that there is nothing to show */
export function topText(rates: readonly NamedRate[]): string {
  return rates.length === 0 ? "no requests yet\n" : tableText(rates, columns, false);
}

function percent(share: number): string {
  return share === 0 ? "0%" : `${(100 * share).toFixed(1)}%`;
}

/** From here until `leaveScreen` the terminal shows nothing else; what it showed comes back then. */
export const enterScreen = "\u001b[?1049h\u001b[?25l";
export const leaveScreen = "\u001b[?25h\u001b[?1049l";

/**
 * @param columns of the terminal as it is now
 * @param rows likewise
 * @returns the text from the first line on, over what was there, cut to the terminal: a line that wraps would scroll
 */
export function screenOf(text: string, columns: number, rows: number): string {
  const lines = text.trimEnd().split("\n").slice(0, rows);
  return `\u001b[H${lines.map((line) => `${line.slice(0, columns)}\u001b[K`).join("\r\n")}\u001b[J`;
}
