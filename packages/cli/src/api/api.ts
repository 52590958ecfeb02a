import { CliFailure } from "../cli-failure.ts";
import { printable } from "../printable.ts";
import type { CliIo } from "../run-cli.ts";
import { type ConnectionFlags, connectionOf } from "./connection.ts";
import { headersOf } from "./sign-request.ts";

/** Pergola's own API. */
export interface Api {
  readonly endpointUrl: string;
  /**
   * @param path with its parts percent-encoded, and a query where there is one
   * @returns the answer's JSON, undefined for an answer without a body
   * @throws ApiFailure when the server refuses, CliFailure when there is no usable answer
   */
  call(method: string, path: string, body?: unknown): Promise<unknown>;
}

/** With answers that are read while they come. */
export interface StreamingApi extends Api {
  /**
   * Reads an answer that may go on for ever.
   * @param signal ends it
   * @returns its bytes as they come
   * @throws as `call`
   */
  stream(path: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}

/** The server answered with an error. */
export class ApiFailure extends CliFailure {
  override readonly name = "ApiFailure";
  /** The error's name, e.g. `ConflictException`. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const timeoutMs = 60_000;

/** @returns the API at the place that the flags or the environment say */
export function openApi(flags: ConnectionFlags, io: CliIo): StreamingApi {
  const connection = connectionOf(flags, io);
  const { endpointUrl } = connection;
  return {
    endpointUrl,
    async call(method, path, body) {
      const request = {
        method,
        url: new URL(endpointUrl + path),
        body: body === undefined ? undefined : JSON.stringify(body),
      };
      const headers = await headersOf(request, connection, io);
      const { url, body: text } = request;
      const response = await send(url, { method, headers, ...(text === undefined ? {} : { body: text }) });
      return readAnswer(response, endpointUrl);
    },
    async stream(path, signal) {
      const url = new URL(endpointUrl + path);
      const headers = await headersOf({ method: "GET", url, body: undefined }, connection, io);
      const response = await open(url, { headers, redirect: "error", signal });
      if (response.ok && response.body !== null) return response.body;
      readAnswer({ response, text: await response.text() }, endpointUrl);
      throw new CliFailure(`${endpointUrl} answered without a body`);
    },
  };
}

async function open(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw noAnswer(error, url.origin);
  }
}

async function send(url: URL, init: RequestInit): Promise<{ response: Response; text: string }> {
  try {
    const response = await fetch(url, { ...init, redirect: "error", signal: AbortSignal.timeout(timeoutMs) });
    return { response, text: await response.text() };
  } catch (error) {
    throw noAnswer(error, url.origin);
  }
}

/**
 * @param error of fetch or of an AWS client
 * @returns what is the matter with the server that did not answer
 */
export function noAnswer(error: unknown, endpointUrl: string): CliFailure {
  const { name, message, cause } = error as Error & { cause?: NodeJS.ErrnoException };
  const code = cause?.code ?? (error as NodeJS.ErrnoException).code;
  if (code === "ECONNREFUSED") {
    const fix = "start it with `pergola serve`, or say where it is with --endpoint-url or PERGOLA_API_URL";
    return new CliFailure(`no Pergola answers at ${endpointUrl}: ${fix}`, 1, { cause: error });
  }
  if (name === "TimeoutError") {
    return new CliFailure(`${endpointUrl} did not answer within ${timeoutMs / 1_000} s`, 1, { cause: error });
  }
  return new CliFailure(`${endpointUrl} cannot be reached: ${cause?.message ?? message}`, 1, { cause: error });
}

function readAnswer({ response, text }: { response: Response; text: string }, endpointUrl: string): unknown {
  const answer = text === "" ? undefined : parse(text);
  if (answer === notJson) {
    throw new CliFailure(
      `what ${endpointUrl} answered (${response.status}) is no JSON: is it the port of Pergola's API?`,
    );
  }
  if (response.ok) return answer;
  const code = response.headers.get("x-amzn-errortype")?.split(":")[0] ?? "";
  const { message } = (answer ?? {}) as { message?: unknown };
  const detail = typeof message === "string" ? printable(message) : `${endpointUrl} answered with ${response.status}`;
  throw new ApiFailure(code, detail + hintFor(code));
}

const notJson = Symbol("no JSON");

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return notJson;
  }
}

function hintFor(code: string): string {
  if (code !== "MissingAuthenticationTokenException") return "";
  return " (set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a key that the server knows)";
}
