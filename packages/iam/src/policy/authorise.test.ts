import { describe, expect, it } from "vitest";
import { anonymous } from "../principal.ts";
import { type Authorisation, authorise, denialMessage, type Policies } from "./authorise.ts";
import { type CompiledPolicy, compileAuthPolicy, compileIdentityPolicy } from "./compiled-policy.ts";
import { exampleContext, exampleRole } from "./example-context.ts";

const resource = (effect: string, path = "*"): CompiledPolicy =>
  compileAuthPolicy(JSON.stringify({ Statement: { Effect: effect, Principal: "*", Action: "*", Resource: path } }));
const identity = (effect: string, path = "*"): CompiledPolicy =>
  compileIdentityPolicy(JSON.stringify({ Statement: { Effect: effect, Action: "*", Resource: path } }));

const allow = { policy: resource("Allow") };
const deny = { policy: resource("Deny") };
const silent = { policy: resource("Allow", "*/nothing") };
const none = { policy: undefined };

/** `allowed`, or the side with `!` for an explicit deny. */
function short(answer: Authorisation): string {
  return answer.allowed ? "allowed" : answer.deniedBy + (answer.explicit ? "!" : "");
}

const cases: readonly (readonly [name: string, policies: Policies, expected: string])[] = [
  ["no side: nothing to authorise", {}, "allowed"],
  ["identity policies alone are not evaluated", { identity: { policies: [identity("Deny")] } }, "allowed"],
  ["a network allows", { network: allow }, "allowed"],
  ["a network without policy denies", { network: none }, "Network"],
  ["a service without policy denies", { service: none }, "Service"],
  ["both have to allow", { network: allow, service: silent }, "Service"],
  ["the network is told before the service", { network: silent, service: silent }, "Network"],
  [
    "an explicit deny of the service is told before silence of the network",
    { network: none, service: deny },
    "Service!",
  ],
  ["of two explicit denies the network's is told", { network: deny, service: deny }, "Network!"],
  ["unknown identity policies are not evaluated", { service: allow }, "allowed"],
  ["known ones have to allow", { service: allow, identity: { policies: [] } }, "Identity"],
  [
    "one of them is enough",
    { service: allow, identity: { policies: [identity("Allow", "*/no"), identity("Allow")] } },
    "allowed",
  ],
  [
    "a deny of theirs wins",
    { network: none, service: allow, identity: { policies: [identity("Allow"), identity("Deny")] } },
    "Identity!",
  ],
  [
    "a boundary has to allow",
    { service: allow, identity: { policies: [identity("Allow")], boundary: identity("Allow", "*/no") } },
    "Identity",
  ],
  [
    "a boundary alone does not allow",
    { service: allow, identity: { policies: [], boundary: identity("Allow") } },
    "Identity",
  ],
  [
    "session policies have to allow",
    { service: allow, identity: { policies: [identity("Allow")], session: [identity("Allow", "*/no")] } },
    "Identity",
  ],
  [
    "one session policy is enough",
    {
      service: allow,
      identity: { policies: [identity("Allow")], session: [identity("Allow", "*/no"), identity("Allow")] },
    },
    "allowed",
  ],
  [
    "a deny in a session policy wins",
    { service: allow, identity: { policies: [identity("Allow")], session: [identity("Deny")] } },
    "Identity!",
  ],
  [
    "no session policies: no session side",
    { service: allow, identity: { policies: [identity("Allow")], session: [] } },
    "allowed",
  ],
];

describe("authorisation", () => {
  it.each(cases)("%s", (_name, policies, expected) => {
    expect(short(authorise(policies, exampleContext()))).toBe(expected);
  });

  it("leaves identity policies out for anonymous callers", () => {
    const context = exampleContext({ principal: anonymous });
    expect(authorise({ service: allow, identity: { policies: [] } }, context)).toEqual({ allowed: true });
  });
});

describe("denial messages", () => {
  const context = exampleContext();
  const on = `on resource: ${context.resource}`;
  it.each([
    [
      exampleRole,
      "Network",
      false,
      `AccessDeniedException: User: ${exampleRole.arn} is not authorized to perform: vpc-lattice-svcs:Invoke ${on} because no network-based policy allows the vpc-lattice-svcs:Invoke action`,
    ],
    [
      anonymous,
      "Service",
      true,
      `AccessDeniedException: User: anonymous is not authorized to perform: vpc-lattice-svcs:Invoke ${on} with an explicit deny in a service-based policy`,
    ],
    [
      exampleRole,
      "Identity",
      true,
      `AccessDeniedException: User: ${exampleRole.arn} is not authorized to perform: vpc-lattice-svcs:Invoke ${on} with an explicit deny in an identity-based policy`,
    ],
  ] as const)("for %j by %s, explicit: %s", (principal, deniedBy, explicit, expected) => {
    expect(denialMessage(principal, context, { allowed: false, deniedBy, explicit })).toBe(expected);
  });
});
