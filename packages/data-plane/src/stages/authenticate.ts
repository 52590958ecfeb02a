import type { Logger } from "@pergola/core";
import type { SignatureResult } from "@pergola/iam";
import type { Call, Stage, Verdict } from "../call.ts";
import type { RequestPorts } from "../ports.ts";
import type { SignatureCheck } from "../signature-check.ts";

/**
 * Proves who is calling. Any signed request is verified, whatever the authType: a wrong signature is refused even where nobody
 * has to sign. Source: VPC Lattice user guide, "SigV4 authenticated requests", read 2026-11.
 */
export function authenticate(check: SignatureCheck, logger: Logger, ready: RequestPorts["credentialsReady"]): Stage {
  return (call) => {
    const { head, verifiedPrincipal } = call.exchange;
    if (verifiedPrincipal !== undefined) {
      call.principal = verifiedPrincipal;
      call.resolvedUser = verifiedPrincipal.arn;
      return undefined;
    }
    const fetched = ready?.(head);
    const result = fetched === undefined ? check(head, call.now) : fetched.then(() => check(head, call.now));
    return result instanceof Promise ? result.then((later) => take(call, later, logger)) : take(call, result, logger);
  };
}

function take(call: Call, result: SignatureResult, logger: Logger): Verdict {
  if (result.kind === "rejected") {
    call.resolvedUser = "Unknown";
    logger.warn("signature rejected", {
      requestId: call.requestId,
      reason: result.reason,
      serviceId: call.service?.snapshot.serviceId,
      peerAddress: call.exchange.connection.peerAddress,
    });
    return call.fail("badSignature", `${result.code}: ${result.message}`);
  }
  if (result.kind === "verified") {
    call.credential = result.credential;
    call.principal = result.credential.principal;
    call.resolvedUser = result.credential.principal.arn;
  } else if (call.network?.auth !== undefined || call.service?.auth !== undefined) {
    call.resolvedUser = "Anonymous";
  }
  return undefined;
}
