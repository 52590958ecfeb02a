import { createHash, randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiFailure } from "../api/api.ts";
import { type AwsSigner, openAwsSigner } from "../aws-signer.ts";
import { CliFailure } from "../cli-failure.ts";
import { printable } from "../printable.ts";
import type { CliIo } from "../run-cli.ts";
import type { ProcessCredentials } from "./request-session.ts";

/** An exchange to ask, and what it is asked for. */
export interface ExchangeTarget {
  /** URL of the credential exchange. */
  readonly url: string;
  readonly audience: string;
  readonly region: string;
  /** Origin of the STS endpoint that the proof is for. */
  readonly stsEndpoint: string;
  readonly profile: string | undefined;
  /** Seconds; absent: as long as the exchange gives. */
  readonly seconds: number | undefined;
}

/** Someone with AWS credentials who can prove it to an exchange. */
export interface ExchangeSession {
  /** A name for the credentials that are asked for: another key, deployment or duration has another. */
  readonly cacheName: string;
  /** @throws ApiFailure when the exchange refuses, CliFailure when it does not answer */
  request(): Promise<ProcessCredentials>;
  close(): void;
}

const timeoutMs = 15_000;
const maxAnswerBytes = 64 * 1024;

/** @throws CliFailure without AWS credentials */
export async function openExchangeSession(target: ExchangeTarget, io: CliIo): Promise<ExchangeSession> {
  const signer = await openAwsSigner(target, io);
  const { accessKeyId, secretAccessKey } = await signer.identity();
  const text = JSON.stringify({ exchange: target, accessKeyId, secretAccessKey });
  return {
    cacheName: createHash("sha256").update(text).digest("hex"),
    async request() {
      const first = await exchange(signer, target);
      if (!isReplay(first)) return credentialsOf(first, target.url);
      // Two processes with one key in one second can make the same proof.
      await sleep(1_000);
      return credentialsOf(await exchange(signer, target), target.url);
    },
    close: () => signer.close(),
  };
}

interface Answer {
  readonly status: number;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Signs GetCallerIdentity and hands it over. The exchange sends it to STS, which says whose signature it is. */
async function exchange(signer: AwsSigner, target: ExchangeTarget): Promise<Answer> {
  const { audience, stsEndpoint, seconds, url } = target;
  const { protocol, hostname, host, port } = new URL(stsEndpoint);
  const request = {
    method: "GET",
    protocol,
    hostname,
    ...(port === "" ? {} : { port: Number(port) }),
    path: "/",
    query: { Action: "GetCallerIdentity", Version: "2011-06-15" },
    headers: { host, "x-pergola-audience": audience },
  };
  // At random, so that two proofs of one second differ.
  const query = await signer.presign(request, randomInt(300, 900));
  const proof = `${stsEndpoint}/?${Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&")}`;
  return post(url, { url: proof, ...(seconds === undefined ? {} : { durationSeconds: seconds }) });
}

async function post(url: string, body: object): Promise<Answer> {
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

function parse(text: string, url: string, status: number): Answer["value"] {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value as Answer["value"];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new CliFailure(`what ${url} answered (${status}) is no JSON: is it a credential exchange?`);
}

function isReplay({ value }: Answer): boolean {
  return value["code"] === "ReplayedRequest";
}

function credentialsOf({ status, value }: Answer, url: string): ProcessCredentials {
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
