import type { LambdaInvoker } from "@pergola/core";
import type { LambdaSettings } from "../settings.ts";

/** @returns an invoker whose client is loaded by the first function that is a target */
export function lazyLambdaInvoker({ region, endpoint }: LambdaSettings): LambdaInvoker {
  let opened: Promise<LambdaInvoker> | undefined;
  const open = async (): Promise<LambdaInvoker> => {
    const { createLambdaInvoker } = await import("./lambda-client.ts");
    return createLambdaInvoker({ region, ...(endpoint === undefined ? {} : { endpoint }) });
  };
  return {
    async invoke(functionArn, payload, signal) {
      opened ??= open();
      return (await opened).invoke(functionArn, payload, signal);
    },
  };
}
