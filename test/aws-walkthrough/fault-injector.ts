import type { AwsCall, AwsFault } from "./aws-endpoint.ts";

/** A service that is away fails in each of these ways in turn. */
const outages: readonly (readonly [string, AwsFault])[] = [
  ["500", { kind: "answer", status: 500, body: { __type: "InternalServerError" } }],
  ["503", { kind: "answer", status: 503, body: { __type: "ServiceUnavailable" } }],
  ["throttled", { kind: "answer", status: 400, body: { __type: "ThrottlingException" } }],
  ["reset", { kind: "reset" }],
];
const lost: AwsFault = { kind: "lost" };
const throttledInvoke: AwsFault = {
  kind: "answer",
  status: 429,
  body: { __type: "TooManyRequestsException", Reason: "ReservedFunctionConcurrentInvocationLimitExceeded" },
};

export type FaultyService = "DynamoDB" | "SQS" | "Logs" | "Firehose" | "Lambda" | "S3";

/** Makes AWS fail, and counts how it did. */
export class FaultInjector {
  /** How often each fault happened. */
  readonly happened = new Map<string, number>();
  /** Services that fail at every request. */
  readonly away = new Set<FaultyService>();
  /** Share of the requests that fail though a service is there. */
  weather: Partial<Record<FaultyService, number>> = {};
  /** Whether Lambda throttles the first try of each invocation. */
  throttlesInvocations = false;
  readonly #random: () => number;
  readonly #throttled = new Set<string>();
  readonly #turns = new Map<string, number>();

  /** @param random 0 to below 1 */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** For `AwsEndpoint.faults`. */
  readonly faults = ({ service, operation, body }: AwsCall): AwsFault | undefined => {
    if (service === "other") return operation === "PUT" ? this.#fault("S3") : undefined;
    if (service === "Lambda" && this.throttlesInvocations && !this.#throttled.has(body.toString())) {
      this.#throttled.add(body.toString());
      return this.#count("Lambda throttled", throttledInvoke);
    }
    return this.#fault(service);
  };

  /** @returns whether the queue refuses a message this time */
  readonly refuses = (): boolean => {
    const refused = this.#random() < (this.weather.SQS ?? 0);
    if (refused) this.#count("SQS refused a message", lost);
    return refused;
  };

  #fault(service: FaultyService): AwsFault | undefined {
    const isAway = this.away.has(service);
    if (!isAway && this.#random() >= (this.weather[service] ?? 0)) return undefined;
    const ways = outages.length + (isAway ? 0 : 1);
    const state = `${service} ${isAway ? "away" : "there"}`;
    const turn = this.#turns.get(state) ?? 0;
    this.#turns.set(state, turn + 1);
    const [name, fault] = outages[turn % ways] ?? ["answer lost", lost];
    return this.#count(`${state}: ${name}`, fault);
  }

  #count(name: string, fault: AwsFault): AwsFault {
    this.happened.set(name, (this.happened.get(name) ?? 0) + 1);
    return fault;
  }
}
