import { Session } from "node:inspector/promises";
import { PassThrough } from "node:stream";
import { pathToFileURL } from "node:url";
import { AwsStandIn } from "../../test/lambda/aws-stand-in.ts";
import { type FunctionPlaces, placeOf } from "./eager-functions.ts";
import { albEvent, event } from "./sample-deployment.ts";
import { fillSampleTable, sampleEnvironment } from "./sample-environment.ts";

/** The entries whose starts a client waits for. */
export type RouterEntry = "router-stream" | "router-buffered" | "router-alb";
type Handler = (event: unknown, ...rest: unknown[]) => Promise<unknown>;

/**
 * Has a router answer its first request, in this process, from a table in memory. Once a process: the router's environment is the
 * process's, and a module is evaluated once.
 * @param bundle its file
 * @returns the functions of the file that were called, from its first line to the end of the request
 * @throws when the router does not answer as it should
 */
export async function recordStart(bundle: string, entry: RouterEntry): Promise<FunctionPlaces> {
  const aws = new AwsStandIn();
  const endpoint = await aws.listen();
  await fillSampleTable(endpoint);
  aws.reads.length = 0;
  Object.assign(process.env, sampleEnvironment(endpoint));
  const { href } = pathToFileURL(bundle);
  const session = new Session();
  session.connect();
  try {
    await session.post("Profiler.enable");
    await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
    await answerFirst(href, entry);
    if (aws.reads.length !== 2) throw new Error(`${entry} made ${aws.reads.length} reads where it should make two`);
    const { result } = await session.post("Profiler.takePreciseCoverage");
    const ranges = result
      .filter(({ url }) => url === href)
      .flatMap(({ functions }) => functions.flatMap((one) => one.ranges));
    const called = ranges.filter(({ count }) => count > 0);
    return new Set(called.map(({ startOffset: start, endOffset: end }) => placeOf({ start, end })));
  } finally {
    session.disconnect();
    aws.close();
  }
}

async function answerFirst(href: string, entry: RouterEntry): Promise<void> {
  const stream = new PassThrough().resume();
  const prelude = Promise.withResolvers<unknown>();
  Object.assign(globalThis, {
    awslambda: {
      streamifyResponse: (handler: Handler) => handler,
      HttpResponseStream: {
        from(raw: PassThrough, given: unknown) {
          prelude.resolve(given);
          return raw;
        },
      },
    },
  });
  const { handler } = (await import(href)) as { readonly handler: Handler };
  const context = { awsRequestId: "00000000-0000-4000-8000-000000000000", getRemainingTimeInMillis: () => 60_000 };
  const given = entry === "router-alb" ? albEvent : event;
  const result = entry === "router-stream" ? await handler(given, stream, context) : await handler(given, context);
  const { statusCode } = ((entry === "router-stream" ? await prelude.promise : result) ?? {}) as {
    statusCode?: number;
  };
  // A load balancer's callers are nobody, whom the policies refuse.
  const expected = entry === "router-alb" ? 403 : 404;
  if (statusCode !== expected) throw new Error(`${entry} answered ${statusCode} where it should answer ${expected}`);
}
