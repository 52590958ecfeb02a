import type { RoleIdentity } from "@pergola/iam";
import { roleKey } from "../identities/identity-keys.ts";
import type { StsContext } from "./sts-operation.ts";

/** @returns the role with exactly this ARN, path included, or undefined */
export async function findRoleByArn({ ports }: StsContext, arn: string): Promise<RoleIdentity | undefined> {
  const [, , , , account = "", resource = ""] = arn.split(":");
  const name = resource.slice(resource.lastIndexOf("/") + 1);
  const role = await ports.store.get<RoleIdentity>(roleKey(account, name));
  return role?.value.arn === arn ? role.value : undefined;
}
