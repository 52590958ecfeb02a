import { type Key, owners, partitionOf, type Scope } from "@pergola/core";
import type { SharedKind } from "../resource-policies/shared-resource.ts";
import type { PermissionRef } from "./permission.ts";

/** A resource share of AWS Resource Access Manager, as stored. Times are ISO 8601. */
export interface ResourceShare extends Scope {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  /** False: only accounts of the owner's organization. */
  readonly allowExternalPrincipals: boolean;
  /** Whether accounts of the organization keep what is shared with them when they leave it. */
  readonly retainOnLeave?: boolean;
  /** A share that is not ACTIVE shares nothing. */
  readonly status: "ACTIVE" | "DELETING" | "DELETED";
  /** For each kind of resource that the share has had one for. */
  readonly permissions: Readonly<Partial<Record<SharedKind, PermissionRef>>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly lastUpdatedAt: string;
}

interface AssociationBase {
  readonly shareId: string;
  readonly createdAt: string;
  readonly lastUpdatedAt: string;
  readonly statusMessage?: string;
}

/** A resource of a share. */
export interface ResourceAssociation extends AssociationBase {
  readonly type: "RESOURCE";
  readonly arn: string;
  readonly kind: SharedKind;
  readonly status: "ASSOCIATED" | "DISASSOCIATED";
}

/** Somebody whom a share is for. */
export interface PrincipalAssociation extends AssociationBase {
  readonly type: "PRINCIPAL";
  /** As the API names it: an account id, or the ARN of an organization or unit. */
  readonly entity: string;
  /** What it is found by: an account id, or the id of an organization or unit. */
  readonly principal: string;
  /** Outside the owner's organization, and so by invitation. */
  readonly external: boolean;
  /** ASSOCIATING: the invitation is not answered. FAILED: it was rejected. */
  readonly status: "ASSOCIATING" | "ASSOCIATED" | "DISASSOCIATED" | "FAILED";
  /** The last one. */
  readonly invitation?: { readonly id: string; readonly expiresAt: string };
}

export type ShareAssociation = ResourceAssociation | PrincipalAssociation;

/** An invitation to a share, as its receiver has it. */
export interface ShareInvitation {
  readonly id: string;
  readonly arn: string;
  readonly share: Scope & { readonly id: string; readonly arn: string; readonly name: string };
  readonly receiver: string;
  readonly status: "PENDING" | "ACCEPTED" | "REJECTED";
  readonly invitedAt: string;
  /** A pending one is EXPIRED from then on. */
  readonly expiresAt: string;
}

/** How long after it ended something is still shown as ended, in seconds. AWS does not document its own figure. */
export const endedSeconds = 2 * 3600;

/** @returns where a share is */
export function shareKey(scope: Scope, id: string): Key {
  return { owner: owners.resourceShares(scope), id };
}

/** @returns where a resource of a share is */
export function resourceAssociationKey(share: Scope & { readonly id: string }, arn: string): Key {
  return { owner: owners.shareAssociations(share), id: `${share.id}/resource/${arn}` };
}

/** @param principal an account id, or the id of an organization or unit @returns where a principal of a share is */
export function principalAssociationKey(share: Scope & { readonly id: string }, principal: string): Key {
  return { owner: owners.shareAssociations(share), id: `${share.id}/principal/${principal}` };
}

/** @returns where a principal finds a share that is for it */
export function shareWithKey({ id, region }: ResourceShare, principal: string): Key {
  return { owner: owners.sharesWith(region, principal), id };
}

/** @returns where an account's invitation is */
export function invitationKey(receiver: Scope, id: string): Key {
  return { owner: owners.shareInvitations(receiver), id };
}

const idPattern = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const arnOf = (path: string): RegExp =>
  new RegExp(`^arn:aws[a-z-]{0,32}:ram:([a-z0-9-]{1,64}):(\\d{12}):${path}/(${idPattern})$`);

export const shareArnPattern: RegExp = arnOf("resource-share");
export const invitationArnPattern: RegExp = arnOf("resource-share-invitation");

/** @returns the ARN of a share */
export function shareArn({ account, region }: Scope, id: string): string {
  return `arn:${partitionOf(region)}:ram:${region}:${account}:resource-share/${id}`;
}

/** @param sender the account whose share it is @returns the ARN of an invitation */
export function invitationArn(sender: Scope, id: string): string {
  return shareArn(sender, id).replace(":resource-share/", ":resource-share-invitation/");
}

/** @returns account, region and id in an ARN that has passed its pattern */
export function partsOfArn(pattern: RegExp, arn: string): Scope & { readonly id: string } {
  const [, region = "", account = "", id = ""] = pattern.exec(arn) ?? [];
  return { account, region, id };
}
