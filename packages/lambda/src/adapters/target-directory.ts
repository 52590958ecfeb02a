import { type Logger, type NamedTarget, systemClock, type TargetDirectory } from "@pergola/core";
import type { LambdaSettings } from "../settings.ts";

/** A directory that can be told to find out about targets first. */
export interface ResolvingTargetDirectory extends TargetDirectory {
  /** @throws what AWS says; what was known stays known */
  resolve(targets: readonly NamedTarget[]): Promise<void>;
}

/** @returns the addresses of instances and load balancers, looked up in EC2 and ELB by clients that the first of them loads */
export function openTargetDirectory({ region, endpoint }: LambdaSettings, logger: Logger): ResolvingTargetDirectory {
  let directory: ResolvingTargetDirectory | undefined;
  return {
    addressOf: (target) => directory?.addressOf(target),
    async resolve(targets) {
      if (directory === undefined) {
        const { createAwsTargetDirectory } = await import("./targets-client.ts");
        const connection = { region, ...(endpoint === undefined ? {} : { endpoint }) };
        directory ??= createAwsTargetDirectory({ connection, clock: systemClock, logger });
      }
      await directory.resolve(targets);
    },
  };
}
