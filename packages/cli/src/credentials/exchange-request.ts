import { ApiFailure } from "../api/api.ts";
import { CliFailure } from "../cli-failure.ts";
import { printable } from "../printable.ts";
import type { ProcessCredentials } from "./request-session.ts";

/** What an exchange has answered. */
export interface ExchangeAnswer {
  readonly status: number;
  readonly value: Readonly<Record<string, unknown>>;
}

const timeoutMs = 15_000;
const maxAnswerBytes = 64 * 1024;

/**
 * Hands a proof over.
 * @param body what the exchange takes, as JSON
 * @throws CliFailure when it does not answer, or not in JSON
 */
export async function postToExchange(url: string, body: object): Promise<ExchangeAnswer> {
  const init = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    redirect: "error",
    signal: AbortSignal.timeout(timeoutMs),
  } as const;
  let response: Response;
  let text = "";
  try {
    response = await fetch(url, init);
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      if (text.length > maxAnswerBytes) break;
    }
  } catch (error) {
    const { message, cause } = error as Error & { cause?: Error };
    throw new CliFailure(`the credential exchange ${url} cannot be reached: ${cause?.message ?? message}`, 1, {
      cause: error,
    });
  }
  return { status: response.status, value: parse(text, url, response.status) };
}

function parse(text: string, url: string, status: number): ExchangeAnswer["value"] {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value as ExchangeAnswer["value"];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new CliFailure(`what ${url} answered (${status}) is no JSON: is it a credential exchange?`);
}

/** @returns the credentials of an answer. @throws ApiFailure when it is a refusal, CliFailure when it has none */
export function credentialsOf({ status, value }: ExchangeAnswer, url: string): ProcessCredentials {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration, code, message } = value;
  if (status !== 200) {
    const detail = typeof message === "string" ? printable(message) : `${url} answered with ${status}`;
    throw new ApiFailure(typeof code === "string" ? printable(code) : "", detail);
  }
  const texts = { AccessKeyId, SecretAccessKey, SessionToken, Expiration };
  if (!Object.values(texts).every((text) => typeof text === "string" && text !== ""))
    throw new CliFailure("the answer of the exchange has no credentials");
  return { Version: 1, ...(texts as Omit<ProcessCredentials, "Version">) };
}
