import type { Api } from "../api/api.ts";
import { listAll } from "../api/call-and-print.ts";
import type { Answer } from "../config/account.ts";

/** Collections whose items have names of their own. */
const collections = ["/services", "/servicenetworks", "/targetgroups", "/resourcegateways", "/resourceconfigurations"];

/** @returns the one resource with this name, of whatever kind; undefined when there is none, or more than one */
export async function findByName(api: Api, name: string): Promise<Answer | undefined> {
  if (name.startsWith("arn:") || /^[a-z]+-[0-9a-z]{17}$/.test(name)) return undefined;
  const lists = await Promise.all(collections.map((path) => listAll<Answer>(api, path)));
  const found = lists.flat().filter((one) => one.name === name);
  return found.length === 1 ? found[0] : undefined;
}

/** @returns true when a resource is the one that a name, id or ARN means */
export function isNamed({ id, arn, name }: Partial<Answer>, wanted: string): boolean {
  return id === wanted || arn === wanted || name === wanted;
}
