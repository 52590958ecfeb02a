import type { headerValue, Logger } from "@pergola/core";
import type { RequestTracing } from "@pergola/data-plane";
import { openTracing, type SpanFacts } from "@pergola/data-plane/tracing";
import type { InvocationContext } from "../invocation-context.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Makes spans of a function's requests. */
export interface InvocationTracing extends RequestTracing {
  /** Tells of the invocation that brings the next request. */
  begin(context: InvocationContext): void;
  /** Exports the spans of requests that are over. At most a second, and not again soon after it was in vain. Never rejects. */
  flush(): Promise<void>;
}

/**
 * Opens the tracing of this environment. A chunk of its own, with nothing in common with the entries: docs/lambda.md, "Bundles".
 * @param value core's `headerValue`
 * @returns undefined where the environment names no receiver that can be used
 */
export async function openInvocationTracing(
  env: Env,
  logger: Logger,
  value: typeof headerValue,
): Promise<InvocationTracing | undefined> {
  let invocation: SpanFacts = {};
  let isCold = true;
  const tracing = await openTracing({
    env,
    logger,
    headerValue: value,
    resource: resourceOf(env),
    facts: () => invocation,
    isFrozenBetweenRequests: true,
  });
  if (tracing === undefined) return undefined;
  return {
    ...tracing,
    begin({ awsRequestId, invokedFunctionArn }) {
      invocation = {
        "faas.trigger": "http",
        "faas.invocation_id": awsRequestId,
        "faas.coldstart": isCold,
        "cloud.resource_id": functionArn(invokedFunctionArn, env.AWS_LAMBDA_FUNCTION_VERSION),
      };
      isCold = false;
    },
  };
}

/** Source: semantic conventions for FaaS resources, and Lambda developer guide, "Defined runtime environment variables", read 2026-11. */
function resourceOf(env: Env): SpanFacts {
  const known = {
    "cloud.region": env.AWS_REGION,
    "faas.name": env.AWS_LAMBDA_FUNCTION_NAME,
    "faas.version": env.AWS_LAMBDA_FUNCTION_VERSION,
    "faas.instance": env.AWS_LAMBDA_LOG_STREAM_NAME,
  };
  const memory = Number(env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE);
  return {
    "cloud.provider": "aws",
    "cloud.platform": "aws_lambda",
    ...Object.fromEntries(Object.entries(known).filter((entry): entry is [string, string] => Boolean(entry[1]))),
    ...(memory > 0 ? { "faas.max_memory": memory * 1024 * 1024 } : {}),
  };
}

/** @returns the function's ARN, with its version in place of the alias by which it was invoked: aliases share environments */
function functionArn(invokedArn: string, version: string | undefined): string {
  const parts = invokedArn.split(":");
  const unqualified = parts.slice(0, 7).join(":");
  return parts.length === 7 || !version ? unqualified : `${unqualified}:${version}`;
}
