import type { AuthPolicySnapshot, AuthType, Logger } from "@pergola/core";
import { compileAuthPolicy, compileReadPolicy, type DecidingPolicy } from "@pergola/iam";

/** A side of authorisation; without a policy it denies everything. */
export interface PolicySide {
  readonly policy: DecidingPolicy | undefined;
}

interface Secured {
  readonly authType: AuthType;
  readonly authPolicy?: string;
  readonly authStatements?: AuthPolicySnapshot;
}

/**
 * @param resourceId whose policy it is, for the log
 * @returns undefined when the authType asks for no authorisation; a text that does not compile counts as no policy
 */
export function compilePolicySide(
  { authType, authPolicy, authStatements }: Secured,
  resourceId: string,
  logger: Logger,
): PolicySide | undefined {
  if (authType === "NONE") return undefined;
  if (authPolicy === undefined) return { policy: undefined };
  try {
    return { policy: (authStatements && compileReadPolicy(authStatements)) ?? compileAuthPolicy(authPolicy) };
  } catch (error) {
    logger.error("auth policy does not compile, everything is denied", { resourceId, error: String(error) });
    return { policy: undefined };
  }
}
