import type { Writable } from "node:stream";
import type { Logger } from "@pergola/core";
import type { LogLevel } from "./config/setting-reader.ts";

const rank = { error: 0, warn: 1, info: 2 } as const;

/**
 * One line an event: time, level, message, then details as `name=JSON`, so that a value with line breaks cannot forge a line.
 * @param level the least severe that is written
 */
export function createConsoleLogger(level: LogLevel, out: Writable = process.stderr): Logger {
  const write = (severity: LogLevel, message: string, details: Record<string, unknown> = {}): void => {
    if (rank[severity] > rank[level]) return;
    const parts = Object.entries(details).map(([name, value]) => ` ${name}=${toText(value)}`);
    const line = `${new Date().toISOString()} ${severity.padEnd(5)} ${oneLine(message)}${parts.join("")}\n`;
    out.write(line);
  };
  return {
    info: (message, details) => write("info", message, details),
    warn: (message, details) => write("warn", message, details),
    error: (message, details) => write("error", message, details),
  };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what has to go
const oneLine = (text: string): string => text.replace(/[\x00-\x1f\x7f]/g, " ");

function toText(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(errorText(value));
  try {
    return (
      JSON.stringify(value, (_key, member) => (member instanceof Error ? errorText(member) : bigintText(member))) ?? "-"
    );
  } catch (error) {
    return JSON.stringify(`(not writable: ${(error as Error).message})`);
  }
}

const bigintText = (value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);

function errorText(error: Error): string {
  const cause = error.cause instanceof Error ? `; caused by ${error.cause.message}` : "";
  return `${error.stack ?? error.message}${cause}`;
}
