import { type Service, statusAt } from "@pergola/core";

/** @returns the service as Get and List show it; the protocol leaves out what an operation's output does not have */
export function serviceView(service: Service, now: Date): Record<string, unknown> {
  return { ...service, status: statusAt(service, now) };
}
