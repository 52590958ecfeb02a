import { createHash } from "node:crypto";
import { type WebIdentity, WebIdentityError, type WebIdentityVerifier } from "../web-identity/web-identity.ts";
import { createWebIdentityVerifier, type WebIdentityVerifierOptions } from "../web-identity/web-identity-verifier.ts";
import type { ExchangeRefusal, Proof, ProofContext, ProvedPrincipal } from "./proof.ts";
import { tokenSessionName } from "./token-session-name.ts";
import { mappingTest, problemsOfMappings, readRoleArn, type WebIdentityMapping } from "./web-identity-mapping.ts";

/** What providers sign with. Fewer algorithms, fewer ways to get one of them wrong. */
const algorithms = ["RS256", "ES256"];

/** Looks at a web identity token. */
export type TokenCheck = (token: string, context: ProofContext) => Promise<Proof | ExchangeRefusal>;

export interface TokenCheckOptions extends Pick<WebIdentityVerifierOptions, "fetchJson"> {
  /** The first that fits a token says whose session it gives. */
  readonly mappings: readonly WebIdentityMapping[];
}

/**
 * @returns what checks tokens by their providers' keys
 * @throws RangeError for mappings that are none
 */
export function createTokenCheck({ mappings, ...options }: TokenCheckOptions): TokenCheck {
  const problems = problemsOfMappings(mappings);
  if (problems.length > 0) throw new RangeError(problems.map((problem) => `webIdentity${problem}`).join("; "));
  const roles = mappings.map(({ roleArn, ...rest }) => ({ roleArn, fits: mappingTest({ roleArn, ...rest }) }));
  const verify = createWebIdentityVerifier(providersOf(mappings), { ...options, algorithms });
  return async (token, context) => {
    const identity = await verifyOrRefuse(verify, token, context);
    if ("code" in identity) return identity;
    const role = roles.find(({ fits }) => fits(identity));
    if (role === undefined)
      return { code: "AccessDenied", message: `no role is for the subject \`${identity.subject.slice(0, 256)}\`` };
    const { jti } = identity.claims;
    if (jti !== undefined && typeof jti !== "string")
      return { code: "AccessDenied", message: "the token is not accepted: its claim `jti`" };
    const { issuer, subject, validUntil } = identity;
    const once = jti === undefined ? {} : { once: { id: idOf(issuer, jti), until: validUntil } };
    return { principal: principalOf(role.roleArn, subject), ...once, about: { issuer, subject } };
  };
}

/** One provider an issuer: a token's audience is looked at again with its subject. */
function providersOf(mappings: readonly WebIdentityMapping[]) {
  return Map.groupBy(mappings, ({ issuer }) => issuer)
    .entries()
    .map(([issuer, ofIssuer]) => {
      const jwksUri = ofIssuer[0]?.jwksUri;
      const audiences = ofIssuer.map(({ audience }) => audience);
      return { issuer, audiences, ...(jwksUri === undefined ? {} : { jwksUri }) };
    })
    .toArray();
}

async function verifyOrRefuse(
  verify: WebIdentityVerifier,
  token: string,
  { now, logger }: ProofContext,
): Promise<WebIdentity | ExchangeRefusal> {
  try {
    return await verify(token, now);
  } catch (error) {
    if (!(error instanceof WebIdentityError)) throw error;
    if (error.reason !== "unreachable") return { code: "AccessDenied", message: error.message };
    logger.warn("a token could not be checked", { error });
    return { code: "Unavailable", message: `${error.message}: try again` };
  }
}

function idOf(issuer: string, jti: string): string {
  return createHash("sha256")
    .update(JSON.stringify([issuer, jti]))
    .digest("hex");
}

function principalOf(roleArn: string, subject: string): ProvedPrincipal {
  const { partition, account, name } = readRoleArn(roleArn);
  const sessionName = tokenSessionName(subject);
  const arn = `arn:${partition}:sts::${account}:assumed-role/${name}/${sessionName}`;
  return { kind: "aws", type: "AssumedRole", arn, account, roleArn, sessionName };
}
