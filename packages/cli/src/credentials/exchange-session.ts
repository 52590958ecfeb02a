import { createHash, randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type AwsSigner, openAwsSigner } from "../aws-signer.ts";
import type { CliIo } from "../run-cli.ts";
import { credentialsOf, type ExchangeAnswer, postToExchange } from "./exchange-request.ts";
import type { ProcessCredentials } from "./request-session.ts";

/** An exchange to ask with a signature, and what it is asked for. */
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

/** Someone who can prove an identity to an exchange. */
export interface ExchangeSession {
  /** A name for the credentials that are asked for: another key or token, deployment or duration has another. */
  readonly cacheName: string;
  /** @throws ApiFailure when the exchange refuses, CliFailure when it does not answer */
  request(): Promise<ProcessCredentials>;
  close(): void;
}

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

/** Signs GetCallerIdentity and hands it over. The exchange sends it to STS, which says whose signature it is. */
async function exchange(signer: AwsSigner, target: ExchangeTarget): Promise<ExchangeAnswer> {
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
  return postToExchange(url, { url: proof, ...(seconds === undefined ? {} : { durationSeconds: seconds }) });
}

function isReplay({ value }: ExchangeAnswer): boolean {
  return value.code === "ReplayedRequest";
}
