import type { Logger } from "@pergola/core";

/** @returns a logger that adds these details to each event */
export function withDetails(logger: Logger, own: Readonly<Record<string, unknown>>): Logger {
  return {
    info: (message, details) => logger.info(message, { ...own, ...details }),
    warn: (message, details) => logger.warn(message, { ...own, ...details }),
    error: (message, details) => logger.error(message, { ...own, ...details }),
  };
}
