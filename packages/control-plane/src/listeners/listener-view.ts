import { type Listener, resourceArn } from "@pergola/core";

/** @returns the listener as every operation shows it; the protocol leaves out what an operation's output does not have */
export function listenerView(listener: Listener): Record<string, unknown> {
  return { ...listener, serviceArn: resourceArn(listener, "svc", listener.serviceId) };
}
