import type { Invocation } from "./runtime-api.ts";

/** What a function URL makes of a function's response. */
export interface UrlResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: Buffer;
  /** Set where the function failed after it had begun: the URL breaks off then. */
  readonly brokenOff: boolean;
}

const separator = Buffer.alloc(8);

/**
 * Reads a response as a function URL does: of a streamed one, the prelude up to eight zero bytes and then the body.
 * @param onBody sees the body so far whenever there is more of it
 */
export async function readUrlResponse(invocation: Invocation, onBody?: (body: Buffer) => void): Promise<UrlResponse> {
  const { isStreamed, contentType, message } = await invocation.response;
  let bytes = Buffer.alloc(0);
  let brokenOff = false;
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      bytes = Buffer.concat([bytes, chunk]);
      const at = bytes.indexOf(separator);
      if (isStreamed && at !== -1) onBody?.(bytes.subarray(at + separator.length));
    }
  } catch {
    brokenOff = true;
  }
  if (!isStreamed) {
    const result = JSON.parse(bytes.toString());
    return {
      cookies: [],
      ...result,
      body: Buffer.from(result.body ?? "", result.isBase64Encoded ? "base64" : "utf8"),
      brokenOff,
    };
  }
  if (contentType !== "application/vnd.awslambda.http-integration-response")
    throw new Error(`no HTTP response: ${contentType}`);
  const at = bytes.indexOf(separator);
  if (at === -1) throw new Error("the response has no prelude");
  const prelude = JSON.parse(bytes.subarray(0, at).toString());
  const failed = message.trailers["lambda-runtime-function-error-type"] !== undefined;
  return { ...prelude, body: bytes.subarray(at + separator.length), brokenOff: brokenOff || failed };
}
