import { type CallerIdentity, readCallerIdentity } from "./caller-identity.ts";
import { audienceHeader, readPresignedIdentity } from "./presigned-identity.ts";
import type { ExchangeRefusal, Proof, ProofContext } from "./proof.ts";

/**
 * Sends a request to STS. INVARIANT: it goes nowhere but to `url`; a redirect is an answer like any other. Time and length of the
 * answer are bounded.
 * @throws whatever kept it from getting an answer
 */
export type StsCaller = (
  request: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
  signal: AbortSignal,
) => Promise<{ readonly status: number; readonly body: string }>;

export interface SignedProofRules {
  readonly stsEndpoints: readonly string[];
  readonly audience: string;
  readonly sts: StsCaller;
}

/**
 * Has STS say who presigned a `GetCallerIdentity`. Nothing is sent before the URL has been read strictly.
 * @returns the proof, or why it is none
 */
export async function checkSignedProof(
  url: string,
  { stsEndpoints, audience, sts }: SignedProofRules,
  context: ProofContext,
): Promise<Proof | ExchangeRefusal> {
  const proof = readPresignedIdentity(url, { endpoints: stsEndpoints, now: context.now });
  if (typeof proof === "string") return { code: "InvalidRequest", message: proof };
  const caller = await askSts(sts, { url: proof.url, audience }, context);
  // The signature, not the URL: its parameters may stand in any order.
  return "code" in caller ? caller : { principal: caller, once: { id: proof.signature, until: proof.validUntil } };
}

async function askSts(
  sts: StsCaller,
  { url, audience }: { readonly url: string; readonly audience: string },
  { logger, signal }: ProofContext,
): Promise<CallerIdentity | ExchangeRefusal> {
  const away: ExchangeRefusal = { code: "Unavailable", message: "STS does not answer: try again" };
  let answer: Awaited<ReturnType<StsCaller>>;
  try {
    // INVARIANT (audience): the header is always this deployment's own. A proof for another has another signature.
    answer = await sts({ url, headers: { accept: "application/json", [audienceHeader]: audience } }, signal);
  } catch (error) {
    logger.warn("STS could not be asked", { error });
    return away;
  }
  const { status, body } = answer;
  if (status >= 400 && status < 500 && status !== 429) {
    const code = /["<]Code["> :]{1,4}"?([A-Za-z.]{1,64})["<]/.exec(body.slice(0, 4096))?.[1] ?? `status ${status}`;
    if (/Throttl|RequestLimit/.test(code)) return away;
    return {
      code: "AccessDenied",
      message: `STS does not accept the signature for the audience \`${audience}\`: ${code}`,
    };
  }
  const caller = status === 200 ? readCallerIdentity(body) : undefined;
  if (caller !== undefined) return caller;
  logger.warn("what STS answered is no caller's identity", { status });
  return away;
}
