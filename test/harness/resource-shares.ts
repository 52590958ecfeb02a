import type { CreateResourceShareCommandInput, RAM, ResourceShareInvitation } from "@aws-sdk/client-ram";
import { freshName } from "./lattice-resources.ts";

/** @returns the ARN of a new share */
export async function newShare(ram: RAM, input: Partial<CreateResourceShareCommandInput> = {}): Promise<string> {
  const { resourceShare } = await ram.createResourceShare({ name: freshName("share"), ...input });
  if (resourceShare?.resourceShareArn === undefined) throw new Error("the create answered without an ARN");
  return resourceShare.resourceShareArn;
}

/** @returns the caller's newest invitation to a share */
export async function invitationTo(ram: RAM, shareArn: string): Promise<ResourceShareInvitation> {
  const { resourceShareInvitations = [] } = await ram.getResourceShareInvitations({ resourceShareArns: [shareArn] });
  const [newest] = resourceShareInvitations.sort(
    (a, b) => Number(b.invitationTimestamp) - Number(a.invitationTimestamp),
  );
  if (newest === undefined) throw new Error(`there is no invitation to ${shareArn}`);
  return newest;
}

/** Accepts the caller's newest invitation to a share. */
export async function acceptShare(ram: RAM, shareArn: string): Promise<void> {
  const { resourceShareInvitationArn } = await invitationTo(ram, shareArn);
  await ram.acceptResourceShareInvitation({ resourceShareInvitationArn });
}

/** @returns associated entity → status, of a share of the caller's own */
export async function statusesOf(
  ram: RAM,
  shareArn: string,
  associationType: "PRINCIPAL" | "RESOURCE",
): Promise<Readonly<Record<string, string | undefined>>> {
  const { resourceShareAssociations = [] } = await ram.getResourceShareAssociations({
    associationType,
    resourceShareArns: [shareArn],
  });
  return Object.fromEntries(resourceShareAssociations.map((one) => [one.associatedEntity ?? "", one.status]));
}

/** @returns the ARN of a permission of AWS's own */
export function permissionOf(name: string): string {
  return `arn:aws:ram::aws:permission/${name}`;
}
