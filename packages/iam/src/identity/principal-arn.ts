import type { AwsPrincipal } from "../principal.ts";

/**
 * @returns the principal that an ARN names, without tags, or undefined when it is none that can sign a request: a role
 * itself cannot, only its sessions. Source: IAM user guide, "IAM identifiers", read 2026-11.
 */
export function parsePrincipalArn(arn: string): Omit<AwsPrincipal, "tags"> | undefined {
  if (arn.length > 2048) return undefined;
  const match =
    /^arn:(aws[a-z-]*):(iam|sts)::(\d{12}):(root|(?:user|assumed-role|federated-user)\/([\w+=,.@/-]+))$/.exec(arn);
  if (match === null) return undefined;
  const [, partition = "", service = "", account = "", resource = "", path = ""] = match;
  const base = { kind: "aws", arn, account } as const;
  const parts = path.split("/");
  if (parts.includes("") && resource !== "root") return undefined;
  const last = parts.at(-1) ?? "";
  if (service === "iam" && resource === "root") return { ...base, type: "Account" };
  if (service === "iam" && resource.startsWith("user/")) return { ...base, type: "User", username: last };
  if (service === "sts" && resource.startsWith("federated-user/") && parts.length === 1) {
    return { ...base, type: "FederatedUser" };
  }
  // A session's ARN leaves out the role's path: the role is taken to have none.
  if (service === "sts" && resource.startsWith("assumed-role/") && parts.length === 2) {
    const roleArn = `arn:${partition}:iam::${account}:role/${parts[0]}`;
    return { ...base, type: "AssumedRole", roleArn, sessionName: last };
  }
  return undefined;
}
