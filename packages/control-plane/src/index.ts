export { type Certificate, certificateKey, coverage, isInDate, parseCertificateArn } from "./acm/certificate.ts";
export { createCertificateKeys } from "./acm/certificate-keys.ts";
export { apiOfRequest } from "./api-of-request.ts";
export { type ApiSignatureVerifier, createApiSignatureVerifier } from "./api-signature.ts";
export { compileResourceSnapshot } from "./compile-resource-snapshot.ts";
export { compileNetworkSnapshot, compileServiceSnapshot } from "./compile-snapshot.ts";
export { type ControlPlane, type ControlPlaneOptions, createControlPlane, latticeOperations } from "./control-plane.ts";
export { reportVerified } from "./domain-verifications/report-verified.ts";
export { createTxtResolver } from "./domain-verifications/txt-resolver.ts";
export { type VerifierPorts, verifyDomains } from "./domain-verifications/verify-domains.ts";
export { mayReadRecord } from "./explain/record-owners.ts";
export { accessKeyKey, identityOwners, roleKey, type StoredAccessKey, userKey } from "./identities/identity-keys.ts";
export type {
  CertificatePorts,
  ControlPlanePorts,
  ControlPlaneSettings,
  IdentityPorts,
  OrganizationDirectory,
  RequestPorts,
} from "./operation.ts";
export { operations } from "./operations.ts";
export type { ApiRequest, ApiResponse } from "./protocol/rest-server.ts";
export { type Quota, quotas } from "./quota.ts";
export { createSts, isStsRequest } from "./sts/sts.ts";
export type { StsPorts } from "./sts/sts-operation.ts";
export type { ConfigReader } from "./transaction.ts";
