import { setTimeout as sleep } from "node:timers/promises";
import type { InvokeCommandInput, LambdaClient } from "@aws-sdk/client-lambda";
import { LambdaInvokeError, type LambdaInvoker, type LambdaResult } from "@pergola/core";

export interface LambdaInvokerOptions {
  /** Base URL of any server that speaks the Invoke API; absent for AWS itself. */
  readonly endpoint?: string;
  readonly region: string;
  /** Absent: the SDK's usual chain on AWS; for an endpoint of one's own, placeholders that such servers accept. */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** From sending the event to the end of the answer, in milliseconds; Lambda's own maximum is 15 minutes. */
  readonly timeoutMs?: number;
}

/** Lambda's limit on an event, 6 MB and a little. Source: Lambda quotas and its error text, read 2026-11. */
const maxPayloadBytes = 6_291_556;

/**
 * Invokes functions over the Lambda API. The client is made at the first invocation and keeps its connections. What Lambda
 * throttled has not run, and is tried again twice; nothing else is.
 */
export function createLambdaInvoker(options: LambdaInvokerOptions): LambdaInvoker & { close(): void } {
  let opened: Promise<LambdaClient> | undefined;
  return {
    async invoke(functionArn, payload, signal): Promise<LambdaResult> {
      if (Buffer.byteLength(payload) > maxPayloadBytes) {
        throw new LambdaInvokeError("too-large", `the payload is larger than ${maxPayloadBytes} bytes`);
      }
      opened ??= createClient(options);
      const client = await opened;
      const { functionName, qualifier } = splitQualifier(functionArn);
      const input: InvokeCommandInput = {
        FunctionName: functionName,
        ...(qualifier === undefined ? {} : { Qualifier: qualifier }),
        InvocationType: "RequestResponse",
        Payload: Buffer.from(payload),
      };
      for (const pauseMs of [...throttlePauses, undefined]) {
        try {
          return await invokeOnce(client, input, signal);
        } catch (error) {
          signal.throwIfAborted();
          const failure = toInvokeError(error, functionArn);
          if (failure.reason !== "throttled" || pauseMs === undefined) throw failure;
          await pause(pauseMs * (0.5 + Math.random()), signal);
        }
      }
      throw new Error("the last try either returns or throws");
    },
    close() {
      opened
        ?.then((client) => client.destroy())
        .catch(() => {
          // The SDK could not be loaded, which the invocation has told.
        });
      opened = undefined;
    },
  };
}

/** Milliseconds before the second and the third try. A client waits meanwhile: concurrency that is not free by then is not soon. */
const throttlePauses = [100, 300] as const;

async function invokeOnce(client: LambdaClient, input: InvokeCommandInput, signal: AbortSignal): Promise<LambdaResult> {
  const { InvokeCommand } = await import("@aws-sdk/client-lambda");
  const { Payload = new Uint8Array(), FunctionError } = await client.send(new InvokeCommand(input), {
    abortSignal: signal,
  });
  return FunctionError === undefined ? { payload: Payload } : { payload: Payload, functionError: FunctionError };
}

/** @throws the signal's reason */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}

async function createClient(options: LambdaInvokerOptions): Promise<LambdaClient> {
  const { endpoint, region, credentials, timeoutMs = 60_000 } = options;
  const { LambdaClient } = await import("@aws-sdk/client-lambda");
  const given = credentials ?? (endpoint === undefined ? undefined : placeholders);
  return new LambdaClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(given === undefined ? {} : { credentials: given }),
    // An invocation may have run when its answer is lost: a second one could do its work twice.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: 3_000,
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: 256 },
      httpsAgent: { keepAlive: true, maxSockets: 256 },
    },
  });
}

const placeholders = { accessKeyId: "pergola", secretAccessKey: "pergola" };

/** The API takes version and alias beside the name; servers other than AWS's do not all understand them inside the ARN. */
function splitQualifier(functionArn: string): { functionName: string; qualifier?: string } {
  const match = /^(arn:[^:]+:lambda:[^:]+:[^:]+:function:[^:]+):([^:]+)$/.exec(functionArn);
  const [, functionName, qualifier] = match ?? [];
  return functionName === undefined || qualifier === undefined
    ? { functionName: functionArn }
    : { functionName, qualifier };
}

/** Source: Lambda API reference, errors of Invoke, read 2026-11. What is not listed counts as Lambda being away. */
const reasons: Readonly<Record<string, LambdaInvokeError["reason"]>> = {
  ResourceNotFoundException: "unknown-function",
  TooManyRequestsException: "throttled",
  ThrottlingException: "throttled",
  EC2ThrottledException: "throttled",
  AccessDeniedException: "denied",
  UnrecognizedClientException: "denied",
  InvalidSignatureException: "denied",
  MissingAuthenticationTokenException: "denied",
  ExpiredTokenException: "denied",
  KMSAccessDeniedException: "denied",
  RequestTooLargeException: "too-large",
  RequestEntityTooLargeException: "too-large",
};

function toInvokeError(error: unknown, functionArn: string): LambdaInvokeError {
  const { name, message } = error as Error;
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  const reason = reasons[name] ?? (status === 413 ? "too-large" : status === 429 ? "throttled" : "unavailable");
  return new LambdaInvokeError(reason, `function \`${functionArn}\` could not be invoked: ${name}: ${message}`, {
    cause: error,
  });
}
