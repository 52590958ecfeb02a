import type { Logger } from "@pergola/core";
import {
  type AuthContext,
  type Credential,
  compileIdentityPolicy,
  authorise as decide,
  denialMessage,
  type IdentityPolicies,
} from "@pergola/iam";
import type { Call, Stage } from "../call.ts";
import type { CompiledNetwork } from "../configuration/compile-network.ts";
import type { CompiledService } from "../configuration/compile-service.ts";

/**
 * Network policy, service policy, and the caller's identity policies where they are known; only when the network or the
 * service has authType AWS_IAM. Denied: 403 before any rule is looked at, so that a denial tells nothing about rules.
 */
export function authorise(logger: Logger): Stage {
  const identityOf = identityCompiler(logger);
  return (call) => {
    const service = call.service as CompiledService;
    const network = call.network as CompiledNetwork;
    if (service.auth === undefined && network.auth === undefined) return undefined;
    const context = contextOf(call, service, network);
    const identity = call.credential && identityOf(call.credential);
    const decision = decide({ network: network.auth, service: service.auth, identity }, context);
    if (decision.allowed) return undefined;
    call.authDeniedReason = decision.deniedBy;
    return call.fail("accessDenied", denialMessage(call.principal, context, decision));
  };
}

function contextOf(call: Call, { snapshot }: CompiledService, network: CompiledNetwork): AuthContext {
  const { head, connection } = call.exchange;
  return {
    principal: call.principal,
    action: "vpc-lattice-svcs:Invoke",
    resource: snapshot.arn + head.path,
    serviceArn: snapshot.arn,
    serviceNetworkArn: network.snapshot.arn,
    serviceAccount: snapshot.account,
    serviceTags: snapshot.tags,
    sourceVpc: call.sourceVpc?.vpcId,
    sourceVpcOwnerAccount: call.sourceVpc?.account,
    sourceIp: connection.peerAddress,
    port: connection.listenerPort,
    method: head.method,
    path: head.path,
    query: head.query,
    rawHeaders: call.callerHeaders,
    secure: connection.tls !== undefined,
    now: call.now,
  };
}

/** Compiled once for each credential object and forgotten with it, so the memory is bounded by the credentials in use. */
function identityCompiler(logger: Logger): (credential: Credential) => IdentityPolicies | undefined {
  const compiled = new WeakMap<Credential, { readonly policies: IdentityPolicies | undefined }>();
  return (credential) => {
    const known = compiled.get(credential);
    if (known !== undefined) return known.policies;
    const policies = compileIdentity(credential, logger);
    compiled.set(credential, { policies });
    return policies;
  };
}

/** One text that cannot be read might have been a deny: then nothing at all is allowed. */
const nothingAllowed: IdentityPolicies = { policies: [] };

function compileIdentity(credential: Credential, logger: Logger): IdentityPolicies | undefined {
  const { identityPolicies, permissionBoundary, sessionPolicies, principal } = credential;
  try {
    const own = identityPolicies?.map((text) => compileIdentityPolicy(text));
    const boundary = permissionBoundary === undefined ? undefined : compileIdentityPolicy(permissionBoundary);
    const session = sessionPolicies?.map((text) => compileIdentityPolicy(text));
    // Where the caller's own policies are not known, what caps them still counts.
    const policies = own ?? (boundary && [boundary]) ?? session;
    return policies && { policies, boundary, session };
  } catch (error) {
    logger.error("identity policy does not compile, its principal is denied", {
      arn: principal.arn,
      error: String(error),
    });
    return nothingAllowed;
  }
}
