import type { AccessRecord } from "@pergola/core";
import { printable } from "../printable.ts";

/** @returns an access record in one line, without what could rewrite the terminal */
export function recordLine(record: AccessRecord): string {
  const { startTime, responseCode, duration, requestMethod, hostHeader, requestPath } = record;
  const details = [
    ["caller", record.callerPrincipal === "-" ? record.resolvedUser : record.callerPrincipal],
    ["target", record.targetIpPort],
    ["denied", record.authDeniedReason],
    ["failure", record.failureReason],
    ["id", record.requestId],
  ].filter(([, value]) => value !== "-");
  const text = [
    startTime,
    responseCode,
    `${duration}ms`,
    requestMethod,
    `${hostHeader}${requestPath}`,
    ...details.map(([name, value]) => `${name}=${value}`),
  ];
  return printable(text.join(" "));
}
