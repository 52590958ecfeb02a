export * from "./auth-context.ts";
export * from "./credential.ts";
export { type CallerIdentity, readCallerIdentity } from "./exchange/caller-identity.ts";
export * from "./exchange/credential-exchange.ts";
export * from "./exchange/exchange-route.ts";
export { audienceHeader, readPresignedIdentity } from "./exchange/presigned-identity.ts";
export type { ExchangeRefusal, Proof, ProofContext, ProvedPrincipal } from "./exchange/proof.ts";
export * from "./exchange/replay-guard.ts";
export type { StsCaller } from "./exchange/signed-proof.ts";
export * from "./exchange/store-replay-guard.ts";
export { problemsOfMappings, readRoleArn, type WebIdentityMapping } from "./exchange/web-identity-mapping.ts";
export * from "./identity/access-key.ts";
export * from "./identity/identity.ts";
export * from "./identity/principal-arn.ts";
export * from "./policy/authorise.ts";
export * from "./policy/compiled-policy.ts";
export { conditionKeys } from "./policy/condition-key.ts";
export * from "./policy/explain.ts";
export * from "./policy/explanation.ts";
export { PolicyError, type PolicyFinding } from "./policy/finding.ts";
export * from "./policy/normalise-policy.ts";
export { readAuthPolicy } from "./policy/policy-form.ts";
export { type JsonNode, type JsonObject, JsonSyntaxError, parseJson } from "./policy/policy-json.ts";
export { authPolicyMaxBytes, type PolicyLimits } from "./policy/policy-kind.ts";
export * from "./policy/validate-policy.ts";
export * from "./principal.ts";
export * from "./session/claims-session.ts";
export * from "./session/keyring.ts";
export * from "./session/seal.ts";
export * from "./session/session-credential-source.ts";
export * from "./session/session-credentials.ts";
export * from "./session/session-token.ts";
export * from "./sigv4/credential-scope.ts";
export type {
  RejectedSignature,
  SignatureErrorCode,
  SignatureRejectionReason,
  SignatureResult,
  SignatureScope,
  VerifiedSignature,
} from "./sigv4/signature-result.ts";
export * from "./sigv4/signature-verifier.ts";
export { createJsonFetcher, type JsonFetcher } from "./web-identity/fetch-json.ts";
export * from "./web-identity/web-identity.ts";
export * from "./web-identity/web-identity-verifier.ts";
