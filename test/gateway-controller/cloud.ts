import type { ApiClient, ApiFailure, ApiName, CallerName } from "../clients/api-client.ts";
import type { InputOf, OperationName, OutputOf } from "../clients/scenario/step.ts";

/** A Kubernetes cluster with a controller in it. */
export interface Cluster {
  readonly account: string;
  readonly name: string;
  readonly vpcId: string;
}

/** Something is on its way: the controller comes back to it. */
export class Retry extends Error {}

/** What the API refused, as the controller's SDK tells it. */
export class ApiError extends Error {
  readonly failure: ApiFailure;

  constructor(operation: string, failure: ApiFailure) {
    super(`${operation}: ${failure.type}: ${failure.message}`);
    this.failure = failure;
  }

  /** @returns whether it is this error, by the SDK's own class and by its code */
  is(type: string): boolean {
    return this.failure.typed && this.failure.type === type;
  }
}

type Summaries<Name extends OperationName> =
  OutputOf<Name> extends { items?: (infer Item)[] | undefined } ? Item[] : never;

/** Calls without a word for them in the API change something. */
const reads = /^(Get|List)/;

/** The API as a cluster's controller calls it: every page of every list, and a note of every change. */
export class Cloud {
  readonly cluster: Cluster;
  /** Without it tags are read through VPC Lattice alone (DISABLE_TAGGING_SERVICE_API). */
  readonly usesTaggingApi: boolean;
  /** The changes asked for so far. */
  readonly changes: string[] = [];
  readonly #client: ApiClient;
  readonly #caller: CallerName;

  constructor(client: ApiClient, cluster: Cluster, options: { usesTaggingApi?: boolean; caller?: CallerName } = {}) {
    this.#client = client;
    this.cluster = cluster;
    this.usesTaggingApi = options.usesTaggingApi ?? true;
    this.#caller = options.caller ?? "owner";
  }

  /** @throws ApiError */
  async call<Name extends OperationName>(operation: Name, input: InputOf<Name>): Promise<OutputOf<Name>> {
    return (await this.ask("lattice", operation, input as object)) as OutputOf<Name>;
  }

  /** @returns the items of all pages @throws ApiError */
  async all<Name extends OperationName>(operation: Name, input: InputOf<Name>): Promise<Summaries<Name>> {
    const { items } = await this.ask("lattice", operation, input as object, 100);
    return items as Summaries<Name>;
  }

  /** Calls an operation of any API by name. @throws ApiError */
  async ask(api: ApiName, operation: string, input: object, pageSize?: number): Promise<Record<string, unknown>> {
    if (!reads.test(operation)) this.changes.push(operation);
    const paged = pageSize === undefined ? {} : { pageSize };
    const call = { api, operation, input: input as Record<string, unknown>, caller: this.#caller, ...paged };
    const result = await this.#client.call(call);
    if (result.failure !== undefined) throw new ApiError(operation, result.failure);
    return result.output;
  }
}

/** @returns what a promise fails with; undefined when it does not @throws what is not an ApiError */
export async function refusalOf(promise: Promise<unknown>): Promise<ApiError | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

/** Waits for a call that the API refuses as long as something is on its way. @throws Retry for any conflict */
export async function retryConflicts<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw error instanceof ApiError && error.is("ConflictException") ? new Retry(error.message) : error;
  }
}

const patienceMs = 15_000;
const pauseMs = 30;

/** Does something again as long as it asks for it: the controller's work queue. */
export async function untilDone<T>(reconcile: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      return await reconcile();
    } catch (error) {
      if (!(error instanceof Retry) || Date.now() > deadline) throw error;
    }
    await new Promise((done) => setTimeout(done, pauseMs));
  }
}
