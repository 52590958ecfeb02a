import { conflict, type ErrorResourceType, type Key, owners, type Scope } from "@pergola/core";
import type { OperationContext } from "./operation.ts";

/** What has a name of its own, as AWS's messages call it. */
type NamedType =
  | "Service"
  | "ServiceNetwork"
  | "TargetGroup"
  | "Listener"
  | "Rule"
  | "ResourceGateway"
  | "ResourceConfiguration"
  | "DomainVerification";

const errorTypes: Record<NamedType, ErrorResourceType> = {
  Service: "SERVICE",
  ServiceNetwork: "SERVICE_NETWORK",
  TargetGroup: "TARGET_GROUP",
  Listener: "LISTENER",
  Rule: "RULE",
  ResourceGateway: "RESOURCE_GATEWAY",
  ResourceConfiguration: "RESOURCE_CONFIGURATION",
  DomainVerification: "DOMAIN_VERIFICATION",
};

/** @param within the parent's id for names that are unique within it (listeners in a service, rules in a listener) */
export function nameKey(scope: Scope, type: NamedType, name: string, within = ""): Key {
  return { owner: owners.names(scope, `${type}/${within}`), id: name };
}

/**
 * Takes a name for a new resource, or refuses.
 * @throws LatticeError ConflictException; its text has `already exist`, by which CloudFormation tells it from other conflicts
 */
export async function claimName(
  context: OperationContext,
  type: NamedType,
  name: string,
  id: string,
  within = "",
): Promise<void> {
  const { tx, caller } = context;
  const key = nameKey(caller, type, name, within);
  const holder = await tx.get<{ id: string }>(key);
  if (holder !== undefined) {
    const place = within === "" ? caller.account : within;
    throw conflict(
      errorTypes[type],
      holder.id,
      `Resource of type ${type} with name ${name} already exists in ${place}`,
    );
  }
  tx.create(key, { id });
}
