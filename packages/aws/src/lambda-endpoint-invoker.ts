import { InvokeCommand, LambdaClient, LambdaServiceException } from "@aws-sdk/client-lambda";
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
 * Invokes functions over the Lambda API. The client is made at the first invocation and keeps its connections.
 * Nothing is retried here but what the SDK knows not to have run.
 */
export function createLambdaInvoker(options: LambdaInvokerOptions): LambdaInvoker & { close(): void } {
  let client: LambdaClient | undefined;
  return {
    async invoke(functionArn, payload, signal): Promise<LambdaResult> {
      if (Buffer.byteLength(payload) > maxPayloadBytes) {
        throw new LambdaInvokeError("too-large", `the payload is larger than ${maxPayloadBytes} bytes`);
      }
      client ??= createClient(options);
      const { functionName, qualifier } = splitQualifier(functionArn);
      const command = new InvokeCommand({
        FunctionName: functionName,
        ...(qualifier === undefined ? {} : { Qualifier: qualifier }),
        InvocationType: "RequestResponse",
        Payload: Buffer.from(payload),
      });
      try {
        const { Payload = new Uint8Array(), FunctionError } = await client.send(command, { abortSignal: signal });
        return FunctionError === undefined ? { payload: Payload } : { payload: Payload, functionError: FunctionError };
      } catch (error) {
        signal.throwIfAborted();
        throw toInvokeError(error, functionArn);
      }
    },
    close() {
      client?.destroy();
      client = undefined;
    },
  };
}

function createClient({ endpoint, region, credentials, timeoutMs = 60_000 }: LambdaInvokerOptions): LambdaClient {
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
  const status = error instanceof LambdaServiceException ? error.$metadata.httpStatusCode : undefined;
  const reason = reasons[name] ?? (status === 413 ? "too-large" : status === 429 ? "throttled" : "unavailable");
  return new LambdaInvokeError(reason, `function \`${functionArn}\` could not be invoked: ${name}: ${message}`, {
    cause: error,
  });
}
