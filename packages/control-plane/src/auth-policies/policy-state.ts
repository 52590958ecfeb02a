import { type AuthPolicy, authPolicyKey } from "@pergola/core";
import type { OperationContext } from "../operation.ts";
import type { ServiceOrNetwork } from "../service-or-network.ts";

/** @returns a resource's auth policy; its version counts for the commit */
export function readPolicy({ tx }: OperationContext, { value }: ServiceOrNetwork): Promise<AuthPolicy | undefined> {
  return tx.get<AuthPolicy>(authPolicyKey(value.id));
}

/** @returns whether a resource's policy is in force: exactly while its auth type is AWS_IAM */
export function policyState({ value }: ServiceOrNetwork): "Active" | "Inactive" {
  return value.authType === "AWS_IAM" ? "Active" : "Inactive";
}
