import type { ResourceBase, Scope } from "@pergola/core";
import type { OperationContext } from "../operation.ts";
import { findPermission, type PermissionVersion, versionOf } from "../ram/permission.ts";
import {
  type PrincipalAssociation,
  principalAssociationKey,
  type ResourceAssociation,
  type ResourceShare,
  resourceAssociationKey,
  shareKey,
} from "../ram/share.ts";
import type { Transaction } from "../transaction.ts";

type ShareRef = Scope & { readonly id: string };

/** A share that is for the caller, and as whom. */
interface CallersShare {
  readonly share: ResourceShare;
  readonly principals: readonly PrincipalAssociation[];
}

/** What a request has found out already: a list comes by the same shares again and again. */
const found = new WeakMap<Transaction, Map<string, Promise<CallersShare | undefined>>>();

/** @returns the share, where it is active and for the caller */
export function callersShare(context: OperationContext, { id, ...scope }: ShareRef): Promise<CallersShare | undefined> {
  const { tx } = context;
  const known = found.get(tx) ?? new Map<string, Promise<CallersShare | undefined>>();
  found.set(tx, known);
  const find = async (): Promise<CallersShare | undefined> => {
    const share = await tx.read<ResourceShare>(shareKey(scope, id));
    if (share?.status !== "ACTIVE") return undefined;
    const principals = await principalsOfCaller(context, share);
    return principals.length === 0 ? undefined : { share, principals };
  };
  const outcome = known.get(id) ?? find();
  known.set(id, outcome);
  return outcome;
}

/**
 * @returns the policy by which a share lets the caller use a resource of it, as `sharePolicy` has it; undefined where the share does
 * not have the resource, or is not for the caller
 */
export async function sharePolicyFor(
  context: OperationContext,
  ref: ShareRef,
  { arn }: ResourceBase,
): Promise<string | undefined> {
  const callers = await callersShare(context, ref);
  if (callers === undefined) return undefined;
  const { share, principals } = callers;
  const resource = await context.tx.read<ResourceAssociation>(resourceAssociationKey(share, arn));
  return resource?.status === "ASSOCIATED" ? sharePolicy(context, share, resource, principals) : undefined;
}

/** @returns the principals of a share that the caller is or belongs to; empty when the share is not for it */
async function principalsOfCaller(
  context: OperationContext,
  share: ResourceShare,
): Promise<readonly PrincipalAssociation[]> {
  const { tx, caller, organizations } = context;
  const associations: PrincipalAssociation[] = [];
  for (const principal of callerPrincipals(context)) {
    const association = await tx.read<PrincipalAssociation>(principalAssociationKey(share, principal));
    if (association?.status !== "ASSOCIATED") continue;
    // Who was let in as a member of the owner's organization is in as long as it is one.
    const staysAnyway = association.external || share.retainOnLeave === true;
    const [own, its] = [share.account, caller.account].map((account) => organizations.organizationOf(account)?.orgId);
    if (staysAnyway || (own !== undefined && own === its)) associations.push(association);
  }
  return associations;
}

/** @returns what shares may name a caller by: its account, its organization, and the units on the way to it */
export function callerPrincipals({ caller, organizations }: OperationContext): readonly string[] {
  const place = organizations.organizationOf(caller.account);
  const units = (place?.paths ?? []).flatMap((path) => path.split("/").filter((part) => part.startsWith("ou-")));
  return [caller.account, ...(place === undefined ? [] : [place.orgId]), ...new Set(units)];
}

/**
 * @returns the resource policy that a share amounts to, for one of its resources and some of its principals; undefined where the share
 * has no permission for it
 */
export async function sharePolicy(
  { tx }: OperationContext,
  share: ResourceShare,
  { arn, kind }: ResourceAssociation,
  principals: readonly PrincipalAssociation[],
): Promise<string | undefined> {
  const used = share.permissions[kind];
  const permission = used && (await findPermission({ read: (key) => tx.read(key) }, share, used.arn));
  const version = used && permission && versionOf(permission, used.version);
  if (version === undefined) return undefined;
  const Statement = principals.map((one) => statementOf(version, one, arn));
  return JSON.stringify({ Version: "2012-10-17", Statement });
}

type Condition = NonNullable<PermissionVersion["condition"]>;

function statementOf(
  { actions, condition = {} }: PermissionVersion,
  one: PrincipalAssociation,
  Resource: string,
): Readonly<Record<string, unknown>> {
  const { Principal, Condition = {} } = whoIs(one);
  // Templates do not have the keys that say who it is, so that nothing of either is lost.
  const operators = [...new Set([...Object.keys(condition), ...Object.keys(Condition)])];
  const both = Object.fromEntries(operators.map((name) => [name, { ...condition[name], ...Condition[name] }]));
  return {
    Effect: "Allow",
    Principal,
    Action: actions,
    Resource,
    ...(operators.length === 0 ? {} : { Condition: both }),
  };
}

function whoIs({ principal, entity }: PrincipalAssociation): {
  readonly Principal: unknown;
  readonly Condition?: Condition;
} {
  if (principal.startsWith("o-")) {
    return { Principal: "*", Condition: { StringEquals: { "aws:PrincipalOrgID": principal } } };
  }
  if (principal.startsWith("ou-")) {
    const [, orgId = ""] = /\/(o-[a-z0-9]+)\//.exec(entity) ?? [];
    const below = `${orgId}/*/${principal}/*`;
    return { Principal: "*", Condition: { "ForAnyValue:StringLike": { "aws:PrincipalOrgPaths": below } } };
  }
  return { Principal: { AWS: principal } };
}
