import { type RouterKind, routerKinds } from "./router-kinds.ts";
import type { Behaviour } from "./unruly-target.ts";

/** Who asks: `reader` with a session of the role that the policy names, `forger` with another secret. */
export type Caller = "anonymous" | "reader" | "forger";

/** One request, and what has to come of it while the configuration is known. */
export interface Plan {
  readonly kind: RouterKind;
  /** Whether it goes to the service that has a policy. */
  readonly isGuarded: boolean;
  readonly caller: Caller;
  readonly path: string;
  readonly isDenied: boolean;
  readonly status: number;
  readonly brokenOff: boolean;
}

interface Draw {
  readonly group: "instance" | "refusing" | "function";
  readonly who: "public" | "private" | "revocable" | "closed";
  readonly caller: Caller;
  readonly behaviour: Behaviour;
}

/** Weights: most requests are ordinary. */
const draws: readonly (readonly [weight: number, Draw])[] = [
  [40, { group: "instance", who: "public", caller: "anonymous", behaviour: "ok" }],
  [12, { group: "instance", who: "private", caller: "reader", behaviour: "ok" }],
  [12, { group: "function", who: "public", caller: "anonymous", behaviour: "ok" }],
  [3, { group: "function", who: "private", caller: "reader", behaviour: "throw" }],
  [6, { group: "instance", who: "public", caller: "anonymous", behaviour: "reset" }],
  [3, { group: "instance", who: "public", caller: "reader", behaviour: "half" }],
  [4, { group: "refusing", who: "public", caller: "anonymous", behaviour: "ok" }],
  [6, { group: "instance", who: "private", caller: "anonymous", behaviour: "ok" }],
  [4, { group: "instance", who: "private", caller: "forger", behaviour: "ok" }],
  [4, { group: "instance", who: "closed", caller: "anonymous", behaviour: "ok" }],
  [3, { group: "function", who: "closed", caller: "reader", behaviour: "ok" }],
];
const mixture = draws.flatMap(([weight, draw]) => Array.from({ length: weight }, () => draw));

const statusOf: Readonly<Record<Behaviour, number>> = { ok: 200, reset: 502, half: 502, silent: 504, throw: 502 };

/** Makes plans; the same seed makes the same ones. */
export class Plans {
  #count = 0;
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A plan of the usual mixture. */
  any(): Plan {
    const isGuarded = this.random() < 0.9;
    const draw = mixture[Math.floor(this.random() * mixture.length)] as Draw;
    return this.make({ ...draw, isGuarded });
  }

  /** A plan that is given in part. */
  make(
    fields: Partial<Draw> & Partial<Pick<Plan, "kind" | "isGuarded" | "status">> & { readonly denies?: boolean },
  ): Plan {
    const { group = "instance", who = "public", caller = "anonymous", behaviour = "ok", isGuarded = true } = fields;
    const number = this.#count++;
    const kind = fields.kind ?? (routerKinds[number % routerKinds.length] as RouterKind);
    // A wrong signature is refused also where none is asked for.
    const isDenied = caller === "forger" || (isGuarded && (fields.denies ?? isRefused(who, caller)));
    // A response that has begun cannot be taken back where it is streamed.
    const brokenOff = behaviour === "half" && kind === "router-stream" && !isDenied;
    const answered = brokenOff ? 200 : group === "refusing" ? 500 : statusOf[behaviour];
    const path = `/${group}/${who}/${behaviour}/${number}`;
    const status = isDenied ? 403 : (fields.status ?? answered);
    return { kind, isGuarded, caller, path, isDenied, brokenOff, status };
  }

  /** @returns 0 to below 1 (a linear congruential generator, Numerical Recipes) */
  random(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#state / 2 ** 32;
  }
}

function isRefused(who: Draw["who"], caller: Caller): boolean {
  if (who === "closed") return true;
  return who === "private" && caller !== "reader";
}
