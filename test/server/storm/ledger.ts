import type { ItemIndex } from "../../harness/consistency/store-items.ts";

/** @returns whether what was acknowledged is in the store */
export type Fact = (index: ItemIndex) => boolean;

interface Answer {
  readonly $metadata: { readonly requestId?: string };
}

/** What the API has acknowledged, and nothing that is still under way: that may have happened or not. */
export interface Ledger {
  /**
   * Sends a change. Until it is acknowledged, nothing is known of its subject and of what lies below it.
   * @param subject path of what changes: `a/b` lies below `a`
   */
  write<T extends Answer>(subject: string, send: () => Promise<T>, fact: (answer: T) => Fact): Promise<T>;
  /** @returns what was acknowledged and is not so, one line each */
  missing(index: ItemIndex): readonly string[];
  readonly acknowledged: number;
}

/** @returns a ledger in which nothing is written yet */
export function openLedger(): Ledger {
  const facts = new Map<string, Fact>();
  const requestIds = new Set<string>();
  return {
    async write(subject, send, fact) {
      for (const name of facts.keys()) if (name === subject || name.startsWith(`${subject}/`)) facts.delete(name);
      const answer = await send();
      const { requestId } = answer.$metadata;
      if (requestId === undefined || requestIds.has(requestId)) throw new Error(`${subject}: request id ${requestId}`);
      requestIds.add(requestId);
      facts.set(subject, fact(answer));
      return answer;
    },
    missing(index) {
      const recorded = index.collection<{ requestId: string }>("history").map(({ requestId }) => requestId);
      const known = new Set(recorded);
      return [
        ...[...facts].flatMap(([subject, holds]) => (holds(index) ? [] : [subject])),
        ...[...requestIds].flatMap((id) => (known.has(id) ? [] : [`the history of request ${id}`])),
        ...(known.size === recorded.length ? [] : ["a request is in the history twice"]),
      ];
    },
    get acknowledged() {
      return requestIds.size;
    },
  };
}
