import type { AwsPrincipal } from "../principal.ts";

/** What users and roles have in common. Policies are JSON texts. */
interface IdentityBase {
  readonly arn: string;
  /** Twelve digits. */
  readonly account: string;
  readonly name: string;
  /** `AIDA…` or `AROA…`: the stable id behind `aws:userid`. */
  readonly uniqueId: string;
  readonly orgId?: string;
  readonly orgPaths?: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  /** Absent: not known, and then not evaluated. */
  readonly identityPolicies?: readonly string[];
  readonly permissionBoundary?: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

export interface UserIdentity extends IdentityBase {
  readonly kind: "user";
}

export interface RoleIdentity extends IdentityBase {
  readonly kind: "role";
  readonly trustPolicy: string;
  /** 3,600–43,200. */
  readonly maxSessionSeconds: number;
}

function organization({ orgId, orgPaths }: IdentityBase): Pick<AwsPrincipal, "orgId" | "orgPaths"> {
  return { ...(orgId === undefined ? {} : { orgId }), ...(orgPaths === undefined ? {} : { orgPaths }) };
}

/** @returns who a user's access key stands for */
export function userPrincipal(user: UserIdentity): AwsPrincipal {
  const { arn, account, uniqueId, name, tags } = user;
  return { kind: "aws", type: "User", arn, account, userId: uniqueId, username: name, tags, ...organization(user) };
}

/** @returns who a session of a role stands for; session tags win over the role's */
export function rolePrincipal(
  role: RoleIdentity,
  sessionName: string,
  sessionTags: Readonly<Record<string, string>>,
): AwsPrincipal {
  const partition = role.arn.split(":")[1] ?? "aws";
  return {
    kind: "aws",
    type: "AssumedRole",
    arn: `arn:${partition}:sts::${role.account}:assumed-role/${role.name}/${sessionName}`,
    account: role.account,
    roleArn: role.arn,
    userId: `${role.uniqueId}:${sessionName}`,
    sessionName,
    tags: { ...role.tags, ...sessionTags },
    ...organization(role),
  };
}

/** @returns who a federation token that a user asked for stands for */
export function federatedPrincipal(
  user: AwsPrincipal,
  name: string,
  sessionTags: Readonly<Record<string, string>>,
): AwsPrincipal {
  const partition = user.arn.split(":")[1] ?? "aws";
  const { username: _, ...rest } = user;
  return {
    ...rest,
    type: "FederatedUser",
    arn: `arn:${partition}:sts::${user.account}:federated-user/${name}`,
    userId: `${user.account}:${name}`,
    tags: { ...user.tags, ...sessionTags },
  };
}
