// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import type { AuthPolicySnapshot } from "@pergola/core";
import { expect, it } from "vitest";
import { compileAuthPolicy, compileReadPolicy, type DecidingPolicy } from "./compiled-policy.ts";
import { exampleContext } from "./example-context.ts";
import { generateCase, seededRandom } from "./generated-case.ts";
import { readAuthPolicy } from "./policy-form.ts";

const seed = Number(process.env.FUZZ_SEED ?? 20261129);

/** As a router finds it in the store. */
function stored(text: string): AuthPolicySnapshot {
  return JSON.parse(JSON.stringify(readAuthPolicy(text)));
}

function compileStored(text: string): DecidingPolicy {
  const policy = compileReadPolicy(stored(text));
  if (policy === undefined) throw new Error("another form");
  return policy;
}

it("a policy that comes out of a snapshot decides as its text does, in 1,000 random pairs", () => {
  const random = seededRandom(seed);
  const decisions = new Map<string, number>();
  for (let i = 0; i < 1_000; i += 1) {
    const { policy, context } = generateCase(random);
    const text = JSON.stringify(policy);
    const decision = compileAuthPolicy(text).decide(context);
    expect(compileStored(text).decide(context), text).toBe(decision);
    decisions.set(decision, (decisions.get(decision) ?? 0) + 1);
  }
  for (const decision of ["Allow", "ExplicitDeny", "ImplicitDeny"]) expect(decisions.get(decision)).toBeGreaterThan(30);
});

const statement = { Effect: "Allow", Principal: "*", Action: "vpc-lattice-svcs:Invoke", Resource: "*" };
const { Principal: _, ...nobody } = statement;
const { Resource: __, ...nowhere } = statement;
const { serviceArn } = exampleContext();

it.each<[string, object]>([
  ["a principal that is no caller of a service", { ...statement, Principal: { Service: "ecs.amazonaws.com" } }],
  ["NotPrincipal", { ...nobody, NotPrincipal: { AWS: "111122223333" } }],
  ["NotPrincipal of everyone", { ...nobody, NotPrincipal: "*" }],
  ["NotResource", { ...nowhere, NotResource: `${serviceArn}/admin*` }],
  ["a variable with a default", { ...statement, Resource: `${serviceArn}/\${aws:PrincipalTag/none, 'orders'}/*` }],
  ["a variable without a value", { ...statement, Effect: "Deny", Resource: `*/\${aws:PrincipalTag/none}/*` }],
  ["an escaped wildcard", { ...statement, Resource: `${serviceArn}/\${*}` }],
  ["Null", { ...statement, Condition: { Null: { "aws:PrincipalTag/none": "true" } } }],
  [
    "a set operator",
    { ...statement, Condition: { "ForAnyValue:StringLikeIfExists": { "aws:PrincipalOrgPaths": "o-*" } } },
  ],
])("decides by %s as the text does", (_name, one) => {
  const text = JSON.stringify({ Version: "2012-10-17", Statement: one });
  const [asText, asStored] = [compileAuthPolicy(text), compileStored(text)];
  const paths = ["/", "/orders/7", "/admin/x", "/*"];
  const contexts = paths.flatMap((path) => {
    const changes = { path, resource: `${serviceArn}${path}` };
    return [exampleContext(changes), exampleContext({ ...changes, principal: { kind: "anonymous" } })];
  });

  expect(contexts.map((context) => asStored.decide(context))).toEqual(
    contexts.map((context) => asText.decide(context)),
  );
});

it("is read from no text with an error", () => {
  expect(readAuthPolicy("{")).toBeUndefined();
  expect(readAuthPolicy(JSON.stringify({ Statement: { ...statement, Effect: "allow" } }))).toBeUndefined();
});

it("is not compiled from another form", () => {
  const read = stored(JSON.stringify({ Statement: statement }));
  expect(compileReadPolicy({ ...read, form: read.form + 1 })).toBeUndefined();
});

it("with an operator that nobody knows does not compile", () => {
  const read = stored(
    JSON.stringify({ Statement: { ...statement, Condition: { StringEquals: { "aws:userid": "a" } } } }),
  );
  const changed = JSON.parse(JSON.stringify(read).replace("StringEquals", "StringEqual"));
  expect(() => compileReadPolicy(changed)).toThrow("unknown operator");
});
