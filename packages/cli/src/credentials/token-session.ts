import { createHash } from "node:crypto";
import { CliFailure } from "../cli-failure.ts";
import { readBoundedFile } from "../read-bounded-file.ts";
import type { CliIo } from "../run-cli.ts";
import { credentialsOf, postToExchange } from "./exchange-request.ts";
import type { ExchangeSession } from "./exchange-session.ts";

/** An exchange to ask with a web identity token. */
export interface TokenTarget {
  /** URL of the credential exchange. */
  readonly url: string;
  /** File that holds the token. */
  readonly tokenFile: string;
  /** Seconds; absent: as long as the exchange gives. */
  readonly seconds: number | undefined;
}

/** What the exchange takes has at most 20,000 characters. */
const maxFileBytes = 32 * 1024;

/** @throws CliFailure when the file cannot be read or holds no token */
export async function openTokenSession({ url, tokenFile, seconds }: TokenTarget, io: CliIo): Promise<ExchangeSession> {
  const webIdentityToken = (await readBoundedFile(tokenFile, io, maxFileBytes)).trim();
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(webIdentityToken))
    throw new CliFailure(`\`${tokenFile}\` holds no JSON Web Token`);
  const body = { webIdentityToken, ...(seconds === undefined ? {} : { durationSeconds: seconds }) };
  return {
    cacheName: createHash("sha256").update(JSON.stringify({ url, body })).digest("hex"),
    request: async () => credentialsOf(await postToExchange(url, body), url),
    close: () => {},
  };
}
