import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** The APIs at Pergola's address that the clients call. */
export type ApiName = "lattice" | "tagging" | "acm";

/** Whose keys sign: the account that the scenario is about, or another one. */
export type CallerName = "owner" | "other";

/** One call, in the wire's names. */
export interface ApiCall {
  readonly api?: ApiName;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly caller?: CallerName;
  /** Given, the client's own paginator collects all pages of this size, and the answer is `{ items }`. */
  readonly pageSize?: number;
}

export interface ApiFailure {
  /** The error's name in the API's model. */
  readonly type: string;
  /** Whether the client gave the class that it has for this error, where it has classes. */
  readonly typed: boolean;
  /** undefined where the client does not tell. */
  readonly status?: number;
  readonly message: string;
  /** The error's other members, where the client gives them. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** What a call came to. Outputs are in the wire's names with times as ISO 8601; what the client has as nothing is left out. */
export type ApiResult =
  | { readonly output: Readonly<Record<string, unknown>>; readonly failure?: undefined }
  | { readonly failure: ApiFailure; readonly output?: undefined };

/** Operations and paginators that a client has, by their names in the API's model. */
export interface ApiSurface {
  readonly operations: readonly string[];
  readonly paginators: readonly string[];
}

/** A client of the API that we did not write, in whatever language. Every call is made once, without retries. */
export interface ApiClient extends AsyncDisposable {
  readonly name: string;
  call(call: ApiCall): Promise<ApiResult>;
  surface(): Promise<ApiSurface>;
}

/** What a client is told before its first call. */
export interface ClientSettings {
  readonly endpoint: string;
  readonly region: string;
  readonly callers: Readonly<Record<CallerName, { readonly accessKeyId: string; readonly secretAccessKey: string }>>;
}

/**
 * A client in a program of its own, which takes its settings as the first line of its input and then answers each line with one:
 * an `ApiCall` with an `ApiResult`, `{"surface":true}` with an `ApiSurface`.
 */
export function startClientProgram(
  name: string,
  command: readonly [string, ...string[]],
  settings: ClientSettings,
): ApiClient {
  const [file, ...args] = command;
  const child = spawn(file, args, { stdio: "pipe" });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (complaints += chunk));
  const answers = answersOf(child, () => new Error(`${name} ended:\n${complaints}`));
  child.stdin.on("error", () => undefined);
  const ask = (question: object): Promise<unknown> => {
    child.stdin.write(`${JSON.stringify(question)}\n`);
    return answers();
  };
  child.stdin.write(`${JSON.stringify(settings)}\n`);
  return {
    name,
    call: async (call) => (await ask(call)) as ApiResult,
    surface: async () => (await ask({ surface: true })) as ApiSurface,
    async [Symbol.asyncDispose]() {
      const ended = new Promise((done) => child.once("close", done));
      child.stdin.end();
      if (child.exitCode === null) await ended;
    },
  };
}

/** @returns a function that gives the next line of the program's output, parsed; it rejects when the program ends before */
function answersOf(child: ChildProcessWithoutNullStreams, ended: () => Error): () => Promise<unknown> {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async () => {
    const { done, value } = await lines.next();
    if (done === true) throw ended();
    return JSON.parse(value);
  };
}
