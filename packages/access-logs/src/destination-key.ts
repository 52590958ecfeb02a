import type { LogSubscriptionSnapshot } from "@pergola/core";

/** @returns what tells sets of destinations apart */
export function setKey(destinations: readonly LogSubscriptionSnapshot[]): string {
  let key = "";
  for (const destination of destinations) key += `${destinationKey(destination)}\n`;
  return key;
}

/**
 * @returns what tells destinations apart: where the lines end up, and not which subscription sends them there. A subscription that
 * is deleted and made again goes on in the same log stream, which may have one writer only.
 */
export function destinationKey({ resourceId, destinationArn }: LogSubscriptionSnapshot): string {
  // A log group's ARN is the same with and without `:*`.
  return `${resourceId} ${destinationArn.replace(/:\*$/, "")}`;
}
