import { printable } from "../printable.ts";

/** A column of a table. */
export interface Column<T> {
  readonly title: string;
  readonly value: (row: T) => unknown;
  /** Only in a wide table. */
  readonly wide?: true;
}

/** @returns rows under their titles, each column as wide as its longest value; cells without a value are `-` */
export function tableText<T>(rows: readonly T[], columns: readonly Column<T>[], isWide: boolean): string {
  const shown = columns.filter(({ wide }) => isWide || wide !== true);
  const cells = [shown.map(({ title }) => title), ...rows.map((row) => shown.map(({ value }) => cell(value(row))))];
  const widths = shown.map((_, index) => Math.max(...cells.map((line) => line[index]?.length ?? 0)));
  return cells
    .map(
      (line) =>
        `${line
          .map((text, index) => text.padEnd(widths[index] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

function cell(value: unknown): string {
  return value === undefined || value === null || value === "" ? "-" : printable(String(value));
}
