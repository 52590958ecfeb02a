import { type Key, LatticeError, owners, type ResourceBase, resourceArn, type Scope } from "@pergola/core";
import type { OperationContext } from "../operation.ts";
import { scopeOfArn } from "./is-shared.ts";

/**
 * An association of two accounts' resources belongs to the account that made it; the other one is its partner. Both see it under
 * their own account's ARN with tags of their own, and both can delete it.
 */
export type AssociationKind = "snsa" | "snva" | "snra";

export interface Association extends ResourceBase {
  readonly serviceNetworkArn: string;
  /** Of a service association. */
  readonly serviceArn?: string;
  /** Of a resource association. */
  readonly resourceConfigurationArn?: string;
}

/** An association as its partner has it. */
export interface PartnerAssociation extends ResourceBase {
  /** The account that the association itself is in. */
  readonly home: string;
}

function sidesOf({ account, region, ...association }: Association): readonly Scope[] {
  const { serviceNetworkArn, serviceArn, resourceConfigurationArn } = association;
  const arns = [serviceNetworkArn, serviceArn, resourceConfigurationArn].filter((arn) => arn !== undefined);
  return [{ account, region }, ...arns.map(scopeOfArn)];
}

/** @returns the other account, or undefined where both sides are one account's */
export function partnerOf(association: Association): Scope | undefined {
  return sidesOf(association).find(({ account }) => account !== association.account);
}

/** @returns where the partner's view of an association is; undefined where there is none */
export function partnerKey(kind: AssociationKind, association: Association): Key | undefined {
  const partner = partnerOf(association);
  return partner && { owner: owners.partnerAssociations(partner, kind), id: association.id };
}

/** Writes the partner's view of a new association, where its sides are two accounts'. */
export function createPartner({ tx }: OperationContext, kind: AssociationKind, association: Association): void {
  const partner = partnerOf(association);
  const key = partnerKey(kind, association);
  if (partner === undefined || key === undefined) return;
  const { id, createdAt, lastUpdatedAt, account: home } = association;
  const arn = resourceArn(partner, kind, id);
  const view: PartnerAssociation = { id, arn, ...partner, createdAt, lastUpdatedAt, tags: {}, home };
  tx.create(key, view);
}

/** @returns whether one of an association's sides is the caller's */
export function isParty({ caller }: OperationContext, association: Association): boolean {
  return sidesOf(association).some(({ account }) => account === caller.account);
}

/** @returns an association's ARN as the caller sees it: under its own account, or for a bystander under that of who made it */
export function arnSeenBy(context: OperationContext, kind: AssociationKind, association: Association): string {
  const { id, region, arn } = association;
  return isParty(context, association) ? resourceArn({ account: context.caller.account, region }, kind, id) : arn;
}

/** @throws LatticeError AccessDeniedException unless the caller made the association */
export function requireCreator({ caller }: OperationContext, { account, id }: Association): void {
  if (account === caller.account) return;
  throw new LatticeError("AccessDeniedException", `\`${id}\` belongs to ${account}, which alone may change it`);
}
