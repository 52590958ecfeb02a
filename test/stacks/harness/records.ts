import { readBucket, readLogGroup } from "../../aws-walkthrough/log-destinations.ts";
import { openEventSource } from "../../aws-walkthrough/record-delivery.ts";
import { resultOf } from "./invocations.ts";
import { destinations, type Mesh } from "./mesh.ts";

/** Has the queue's subscriber deliver what is in the queue. @returns how many messages it gave back */
export async function deliverRecords(mesh: Mesh): Promise<number> {
  const delivery = await mesh.start("AccessRecordsSubscriber");
  const source = openEventSource(mesh.clients.sqs, mesh.recordQueueUrl, {
    run: (event, timeoutMs) => resultOf(delivery, event, timeoutMs),
  });
  await source.idle();
  await source.close();
  return source.givenBack;
}

/** @returns status and caller of each request for a path, as the destinations have them, sorted */
export async function recordsOf(
  { clients: { logs, s3 } }: Mesh,
  path: string,
): Promise<Readonly<Record<"logGroup" | "bucket" | "stream", readonly string[]>>> {
  const read = async (entries: ReturnType<typeof readBucket>): Promise<string[]> =>
    (await entries)
      .filter(({ requestPath }) => requestPath === path)
      .map(({ responseCode, resolvedUser }) => `${responseCode} ${resolvedUser}`)
      .sort();
  return {
    logGroup: await read(readLogGroup(logs, destinations.logGroup)),
    bucket: await read(readBucket(s3, destinations.bucket)),
    stream: await read(readBucket(s3, destinations.streamBucket)),
  };
}
