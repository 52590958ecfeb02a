import type { AccountReader, Reference } from "./account.ts";
import { canonicalPolicy } from "./canonical.ts";
import type { Json } from "./document.ts";
import type { Found } from "./read-account.ts";
import { mapBounded } from "./run-bounded.ts";
import { accessLogItem, policyItem } from "./shared-items.ts";

/**
 * Reads policies and log subscriptions of a resource.
 * @param path of the resource's item
 * @param hasAuthPolicy whether its kind can have an auth policy
 */
export async function readShared(
  reader: AccountReader,
  path: string,
  { id, arn }: Reference,
  hasAuthPolicy: boolean,
): Promise<readonly Found[]> {
  const auth = hasAuthPolicy ? await reader.find(`/authpolicy/${id}`) : undefined;
  const resource = await reader.find(`/resourcepolicy/${encodeURIComponent(arn)}`);
  const found: Found[] = [];
  if (typeof auth?.policy === "string") {
    found.push({ item: policyItem("auth-policy", path, canonicalPolicy(JSON.parse(auth.policy) as Json)) });
  }
  if (typeof resource?.policy === "string") {
    found.push({ item: policyItem("resource-policy", path, JSON.parse(resource.policy) as Json) });
  }
  const subscriptions = await reader.list(`/accesslogsubscriptions?resourceIdentifier=${id}`);
  const logs = await mapBounded(subscriptions, async (subscription): Promise<Found> => {
    const { destinationArn, serviceNetworkLogType } = subscription as Readonly<Record<string, string | undefined>>;
    const tags = await reader.tags(subscription.arn);
    return { item: accessLogItem(path, destinationArn ?? "", serviceNetworkLogType, tags), reference: subscription };
  });
  return [...found, ...logs];
}
