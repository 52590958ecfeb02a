import type { AccountReader, Answer } from "./account.ts";
import { canonicalMatch } from "./canonical.ts";
import type { ActionEntry, Json } from "./document.ts";
import { type Item, pathOf } from "./item.ts";
import type { Found, NameOf } from "./read-account.ts";
import { readShared } from "./read-shared.ts";
import { mapBounded } from "./run-bounded.ts";

/** Reads all services with listeners, rules, policies and log subscriptions. @param nameOf knows the target groups */
export async function readServices(reader: AccountReader, nameOf: NameOf): Promise<readonly Found[]> {
  const found = await mapBounded(await reader.list("/services"), ({ id }) => readService(reader, nameOf, id));
  return found.flat();
}

async function readService(reader: AccountReader, nameOf: NameOf, id: string): Promise<readonly Found[]> {
  const answer = await reader.get(`/services/${id}`);
  const { arn, name, authType, idleTimeoutSeconds = 60, customDomainName, certificateArn } = answer;
  const path = pathOf("services", name);
  const item: Item = {
    kind: "service",
    path,
    name,
    fixed: { customDomainName },
    settable: { authType, idleTimeoutSeconds, certificateArn: certificateArn ?? "" },
    tags: await reader.tags(arn),
  };
  const shared = await readShared(reader, path, { id, arn }, true);
  const listeners = await mapBounded(await reader.list(`/services/${id}/listeners`), (listener) =>
    readListener(reader, nameOf, path, `/services/${id}/listeners/${listener.id}`),
  );
  return [{ item, reference: { id, arn } }, ...shared, ...listeners.flat()];
}

async function readListener(
  reader: AccountReader,
  nameOf: NameOf,
  parent: string,
  apiPath: string,
): Promise<readonly Found[]> {
  const answer = await reader.get(apiPath);
  const { id, arn, name, protocol, port, defaultAction } = answer;
  const path = pathOf(parent, "listeners", name);
  const settable = { defaultAction: actionOf(defaultAction as Json, nameOf) };
  const tags = await reader.tags(arn);
  const item: Item = { kind: "listener", path, parent, name, fixed: { protocol, port }, settable, tags };
  const rules = (await reader.list(`${apiPath}/rules`)).filter((rule) => rule.isDefault !== true);
  const read = await mapBounded(rules, async (rule): Promise<Found> => {
    const own = await reader.get(`${apiPath}/rules/${rule.id}`);
    return { item: ruleItem(path, own, nameOf, await reader.tags(own.arn)), reference: own };
  });
  return [{ item, reference: { id, arn } }, ...read];
}

function ruleItem(parent: string, rule: Answer, nameOf: NameOf, tags: Readonly<Record<string, string>>): Item {
  const { name, priority, match, action } = rule;
  const { httpMatch = {} } = match as Json;
  return {
    kind: "rule",
    path: pathOf(parent, "rules", name),
    parent,
    name,
    fixed: {},
    settable: { priority, match: canonicalMatch(httpMatch as Json), action: actionOf(action as Json, nameOf) },
    tags,
  };
}

/** @returns an action of the API as files have it; a group of another account keeps its identifier */
export function actionOf(action: Json, nameOf: NameOf): ActionEntry {
  const { forward, fixedResponse } = action as {
    readonly forward?: { readonly targetGroups: readonly { targetGroupIdentifier: string; weight?: number }[] };
    readonly fixedResponse?: { readonly statusCode: number };
  };
  if (forward === undefined) return { fixedResponse: fixedResponse?.statusCode ?? 404 };
  return {
    forward: forward.targetGroups.map(({ targetGroupIdentifier: identifier, weight = 100 }) => {
      const id = identifier.slice(identifier.lastIndexOf("/") + 1);
      return { targetGroup: nameOf(id) ?? identifier, weight };
    }),
  };
}
