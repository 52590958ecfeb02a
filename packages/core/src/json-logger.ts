import type { Logger } from "./ports.ts";

/**
 * One JSON object a line on the standard output, where CloudWatch Logs takes it up.
 * @param write takes a line with its newline
 */
export function createJsonLogger(write: (line: string) => void = (line) => void process.stdout.write(line)): Logger {
  const log = (level: string, message: string, details: Record<string, unknown> = {}): void => {
    const entry = { level, message, time: new Date().toISOString(), ...details };
    write(`${JSON.stringify(entry, (_name, value: unknown) => (value instanceof Error ? errorText(value) : value))}\n`);
  };
  return {
    info: (message, details) => log("info", message, details),
    warn: (message, details) => log("warn", message, details),
    error: (message, details) => log("error", message, details),
  };
}

function errorText(error: Error): string {
  const cause = error.cause instanceof Error ? `; caused by ${error.cause.message}` : "";
  return `${error.stack ?? error.message}${cause}`;
}
