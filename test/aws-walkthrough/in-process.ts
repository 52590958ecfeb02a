import { vi } from "vitest";
import type { UrlResponse } from "../lambda/url-response.ts";

/** What a function can be told of its invocation, with time to spare. */
export const context = { awsRequestId: "in-process", getRemainingTimeInMillis: () => 60_000 };

/**
 * Loads an entry anew, with memory of its own, as a new environment of Lambda does.
 * @param load imports the entry
 * @param env is read while the entry starts
 */
export async function loadEntry<T>(load: () => Promise<T>, env: Readonly<Record<string, string>>): Promise<T> {
  vi.resetModules();
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  try {
    return await load();
  } finally {
    // What is asked for at every request has to stay: the credentials.
    for (const name of Object.keys(env)) if (!name.startsWith("AWS_")) vi.stubEnv(name, undefined);
  }
}

/** The environment's credentials and region, as Lambda sets them. */
export const lambdaEnv = {
  AWS_REGION: "us-west-2",
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "secret",
};

/** @returns a buffered result as a function URL reads it */
export function readResult(result: {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
  readonly body: string;
  readonly isBase64Encoded: boolean;
}): UrlResponse {
  const body = Buffer.from(result.body, result.isBase64Encoded ? "base64" : "utf8");
  return {
    statusCode: result.statusCode,
    headers: result.headers,
    cookies: result.cookies ?? [],
    body,
    brokenOff: false,
  };
}
