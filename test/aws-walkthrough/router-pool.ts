import { Writable } from "node:stream";
import { vi } from "vitest";
import { lambdaEnv, loadEntry } from "./in-process.ts";
import type { Plan } from "./plans.ts";
import { type RouterKind, routerKinds } from "./router-kinds.ts";

/** What a client gets. */
export interface RouterAnswer {
  readonly status: number;
  /** `x-amzn-requestid`; undefined where the answer has none. */
  readonly requestId: string | undefined;
  readonly brokenOff: boolean;
}

/** An environment of a router, in this process. */
export type RouterEnvironment = (event: object, remainingMs?: number) => Promise<RouterAnswer>;

type Handler = (event: object, ...rest: unknown[]) => Promise<unknown>;

interface BufferedResult {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>;
}

/** The response of a streaming function, as it comes in. */
class StreamedResponse extends Writable {
  prelude: BufferedResult | undefined;

  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }
}

/** Loads an entry as a new environment does. @param env beside the function's credentials */
export async function openRouter(kind: RouterKind, env: Readonly<Record<string, string>>): Promise<RouterEnvironment> {
  // Both have to be there when the entry is loaded, as Lambda's runtime has them.
  vi.stubGlobal("awslambda", {
    streamifyResponse: (handler: Handler) => handler,
    HttpResponseStream: {
      from: (stream: StreamedResponse, prelude: BufferedResult) => Object.assign(stream, { prelude }),
    },
  });
  const { handler } = await loadEntry(() => importEntry(kind), { ...lambdaEnv, ...env });
  return kind === "router-stream" ? streaming(handler) : buffered(handler);
}

async function importEntry(kind: RouterKind): Promise<{ readonly handler: Handler }> {
  const entries = {
    "router-stream": () => import("../../packages/lambda/src/router-stream.ts"),
    "router-buffered": () => import("../../packages/lambda/src/router-buffered.ts"),
    "router-alb": () => import("../../packages/lambda/src/router-alb.ts"),
  };
  return (await entries[kind]()) as { readonly handler: Handler };
}

function contextOf(remainingMs: number): object {
  const end = Date.now() + remainingMs;
  return { awsRequestId: "in-process", getRemainingTimeInMillis: () => end - Date.now() };
}

function buffered(handler: Handler): RouterEnvironment {
  return async (event, remainingMs = 30_000) => {
    const result = (await handler(event, contextOf(remainingMs))) as BufferedResult;
    return { status: result.statusCode, requestId: requestIdOf(result), brokenOff: false };
  };
}

function streaming(handler: Handler): RouterEnvironment {
  return async (event, remainingMs = 30_000) => {
    const stream = new StreamedResponse();
    let brokenOff = false;
    await handler(event, stream, contextOf(remainingMs)).catch(() => {
      brokenOff = true;
    });
    if (stream.prelude === undefined) throw new Error("the function failed before it answered");
    return { status: stream.prelude.statusCode, requestId: requestIdOf(stream.prelude), brokenOff };
  };
}

function requestIdOf({ headers, multiValueHeaders }: BufferedResult): string | undefined {
  return headers?.["x-amzn-requestid"] ?? multiValueHeaders?.["x-amzn-requestid"]?.[0];
}

export interface Answered {
  readonly plan: Plan;
  readonly answer: RouterAnswer;
}

/** Environments of all routers, each of which takes one event at a time. */
export interface RouterPool {
  /** @param remainingMs until an invocation's timeout */
  run(plans: readonly Plan[], remainingMs?: number): Promise<Answered[]>;
  /** Has every environment answer one request, one after the other. */
  runOnEach(make: (kind: RouterKind) => Plan): Promise<Answered[]>;
}

/**
 * @param count of environments of each kind
 * @param eventOf makes the event of a request
 */
export async function openRouterPool(
  env: Readonly<Record<string, string>>,
  count: number,
  eventOf: (plan: Plan) => object,
): Promise<RouterPool> {
  const environments: { readonly kind: RouterKind; readonly call: RouterEnvironment }[] = [];
  for (const kind of routerKinds) {
    const trust = kind === "router-alb" ? "0" : "1";
    for (let i = 0; i < count; i += 1) {
      environments.push({ kind, call: await openRouter(kind, { ...env, PERGOLA_TRUST_FORWARDED_HOST: trust }) });
    }
  }
  return {
    async runOnEach(make) {
      const answered: Answered[] = [];
      for (const { kind, call } of environments) {
        const plan = make(kind);
        answered.push({ plan, answer: await call(eventOf(plan)) });
      }
      return answered;
    },
    async run(plans, remainingMs) {
      const answered: Answered[] = [];
      const waiting = Object.groupBy(plans, ({ kind }) => kind);
      await Promise.all(
        environments.map(async ({ kind, call }) => {
          for (let plan = waiting[kind]?.shift(); plan !== undefined; plan = waiting[kind]?.shift()) {
            answered.push({ plan, answer: await call(eventOf(plan), remainingMs) });
          }
        }),
      );
      return answered;
    },
  };
}
