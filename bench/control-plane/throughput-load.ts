// Load in a process of its own: every shared operation in turn, by 16 clients at once. Prints one line of JSON.
// Usage: node throughput-load.ts <port> <requests for each operation>
import { openRawClient } from "./raw-client.ts";
import { check, type Made, type Resource, type SharedOperation, sharedOperations } from "./shared-operations.ts";

const concurrency = 16;
const [port = 0, count = 0] = process.argv.slice(2).map(Number);
const clients = Array.from({ length: concurrency }, () => openRawClient(port));
const made: Made = {
  services: [],
  networks: [],
  groups: [],
  listeners: [],
  serviceAssociations: [],
  subscriptions: [],
};

/** @returns milliseconds from the first request to the last answer */
async function run(operation: SharedOperation, from: number): Promise<number> {
  let next = from;
  const begun = performance.now();
  const work = async (client: (typeof clients)[number]): Promise<void> => {
    for (let index = next++; index < from + count; index = next++) {
      const answer = await client.send(operation.request(index, made));
      check(operation, answer);
      operation.keep?.(index, made, JSON.parse(answer.body) as Resource);
    }
  };
  await Promise.all(clients.map(work));
  return performance.now() - begun;
}

// The first pass has the code compiled that a server of some minutes runs; its times are dropped.
for (const operation of sharedOperations) await run(operation, 0);
console.log("warm");
const elapsed: Record<string, number> = {};
for (const operation of sharedOperations) elapsed[operation.name] = await run(operation, count);
console.log(JSON.stringify(elapsed));
process.exit(0);
