import { ask } from "./estate.ts";
import { openRawClient } from "./raw-client.ts";

/** A service of an estate, with what belongs to it. */
export interface Subject {
  readonly service: string;
  readonly arn: string;
  readonly listener: string;
  readonly group: string;
}

interface Item {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
}

/** @returns every service of the estate that `makeEstate` made, as the API lists it */
export async function listSubjects(port: number): Promise<readonly Subject[]> {
  const client = openRawClient(port);
  const list = async (path: string): Promise<Item[]> => {
    const items: Item[] = [];
    for (let token = ""; ; ) {
      const { body } = await ask(client, { method: "GET", path: `${path}?maxResults=100${token}` });
      const page = JSON.parse(body) as { items: Item[]; nextToken?: string };
      items.push(...page.items);
      if (page.nextToken === undefined) return items;
      token = `&nextToken=${page.nextToken}`;
    }
  };
  const groups = new Map((await list("/targetgroups")).map(({ name, id }) => [name.replace("group", "service"), id]));
  const subjects: Subject[] = [];
  for (const { id, arn, name } of await list("/services")) {
    const [listener] = await list(`/services/${id}/listeners`);
    subjects.push({ service: id, arn, listener: listener?.id ?? "", group: groups.get(name) ?? "" });
  }
  client.close();
  return subjects;
}
