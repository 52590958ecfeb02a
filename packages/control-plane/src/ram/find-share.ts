import type { Key } from "@pergola/core";
import type { OperationContext } from "../operation.ts";
import { RamError } from "./ram-error.ts";
import { partsOfArn, type ResourceShare, shareArnPattern, shareKey } from "./share.ts";

/**
 * Finds a share of the caller's own. Of another account's it is not told whether it is there.
 * @throws RamError UnknownResourceException for one that is not there, is another account's, or has been deleted
 */
export async function getOwnShare(
  { caller, tx }: OperationContext,
  arn: string,
): Promise<{ readonly key: Key; readonly share: ResourceShare }> {
  const { account, region, id } = partsOfArn(shareArnPattern, arn);
  const key = shareKey(caller, id);
  const share = account === caller.account && region === caller.region ? await tx.get<ResourceShare>(key) : undefined;
  if (share === undefined || share.arn !== arn || share.status === "DELETED") throw unknownShare(arn);
  return { key, share };
}

/**
 * As `getOwnShare`, for what a share that is being deleted cannot do any more.
 * @throws RamError UnknownResourceException, InvalidStateTransitionException
 */
export async function getActiveShare(
  context: OperationContext,
  arn: string,
): Promise<{ readonly key: Key; readonly share: ResourceShare }> {
  const found = await getOwnShare(context, arn);
  if (found.share.status === "ACTIVE") return found;
  throw new RamError("InvalidStateTransitionException", `\`${arn}\` is ${found.share.status}, which does not end`);
}

/** @returns the error for a share that the caller does not have */
export function unknownShare(arn: string): RamError {
  return new RamError("UnknownResourceException", `ResourceShare ${arn} could not be found.`);
}

/**
 * @param arns of shares that the caller must have, be they deleted
 * @throws RamError UnknownResourceException
 */
export async function requireShares({ caller, tx }: OperationContext, arns: readonly string[] = []): Promise<void> {
  for (const arn of arns) {
    const { id } = partsOfArn(shareArnPattern, arn);
    if ((await tx.read<ResourceShare>(shareKey(caller, id)))?.arn !== arn) throw unknownShare(arn);
  }
}
