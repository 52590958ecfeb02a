import type { Explanation } from "@pergola/iam";
import { expect, it } from "vitest";
import type { ExplainRequest } from "./explain-request.ts";
import { explanationText } from "./explanation-text.ts";
import { paintFor } from "./paint.ts";

const request: ExplainRequest = { service: "web", method: "GET", path: "/", as: "anonymous", headers: [] };
const plain = paintFor({ stdout: { write: () => true }, env: {} });

function denied(failed: { element: string; wanted: string[]; seen: string | string[] | null }): Explanation {
  return {
    decision: "denied",
    message: "no",
    service: { id: "svc-1", name: "web", arn: "arn:svc" },
    caller: { kind: "anonymous", known: "anonymous" },
    network: { id: "sn-1", arn: "arn:sn", sourceVpc: "vpc-1" },
    policies: [
      { side: "network", resource: "arn:sn", note: "auth type NONE" },
      {
        side: "service",
        resource: "arn:svc",
        explanation: {
          decision: "ImplicitDeny",
          statements: [{ index: 0, effect: "Allow", matched: false, failed: [failed] }],
        },
      },
    ],
    route: { listener: { id: "listener-1", port: 80, protocol: "HTTP" }, rule: { isDefault: true }, targetGroups: [] },
  };
}

it("the whole text, decision first", () => {
  const explanation = denied({ element: "Principal", wanted: ["arn:a"], seen: "anonymous" });

  expect(explanationText(explanation, request, plain)).toBe(`denied  GET / on web (svc-1): no

caller   anonymous
network  sn-1 from vpc-1

policies
  network arn:sn: auth type NONE
  service arn:svc: does not allow
    Allow Statement[0] does not match
      Principal: wants \`arn:a\`, the request has \`anonymous\`

route, if it came to that
  listener  listener-1, HTTP on port 80
  rule      the default action: no rule matches
`);
});

it.each([
  ["Action", ["a"], null, "Action: wants `a`, the request has nothing"],
  ["NotAction", ["a"], "a", "NotAction: wants none of `a`, the request has `a`"],
  ["Condition.StringNotEquals.aws:x", ["a"], "a", "wants none of `a`"],
  ["Condition.ForAllValues:ArnNotLike.aws:x", ["a"], ["a", "b"], "wants none of `a`, the request has `a`, `b`"],
  ["Condition.NotIpAddress.aws:SourceIp", ["a"], "a", "wants none of `a`"],
  ["Condition.StringEquals.aws:PrincipalTag/Not.x", ["a"], "b", "Not.x: wants `a`"],
  ["Condition.Null.aws:NotBefore", ["true"], "b", "wants `true`"],
  ["Resource", ["1", "2", "3", "4", "5", "6", "7"], "8", "wants `1`, `2`, `3`, `4`, `5` and 2 more, the"],
  ["Resource", ["a\u001b[31m\n"], "\u202e", "wants `a\\u001b[31m\\u000a`, the request has `\\u202e`"],
])("what failed is told with both values: %s %j %j", (element, wanted, seen, expected) => {
  expect(explanationText(denied({ element, wanted, seen }), request, plain)).toContain(expected);
});

it.each([
  [true, {}, true],
  [true, { NO_COLOR: "1" }, false],
  [true, { NO_COLOR: "" }, true],
  [true, { TERM: "dumb" }, false],
  [false, {}, false],
  [undefined, {}, false],
])("colours: terminal %j, environment %j", (isTTY, env, coloured) => {
  const stdout = { write: () => true, ...(isTTY === undefined ? {} : { isTTY }) };

  expect(paintFor({ stdout, env })("red", "x")).toBe(coloured ? "\u001b[31mx\u001b[39m" : "x");
});
