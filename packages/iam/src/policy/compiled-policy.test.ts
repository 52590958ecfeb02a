import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { AuthContext } from "../auth-context.ts";
import { compileAuthPolicy, compileIdentityPolicy } from "./compiled-policy.ts";
import { exampleContext } from "./example-context.ts";
import { PolicyError } from "./finding.ts";
import { generateCase, seededRandom } from "./generated-case.ts";

interface DecisionCase {
  readonly name: string;
  readonly policy: unknown;
  readonly context: Partial<AuthContext>;
  readonly expected: string;
}

const files = ["principals", "actions-and-resources", "operators-and-keys", "several-values", "variables"];

describe.each(files)("%s", (file) => {
  const cases: DecisionCase[] = JSON.parse(readFileSync(new URL(`cases/${file}.json`, import.meta.url), "utf8"));
  it.each(cases)("$name", ({ policy, context, expected }) => {
    const compiled = compileAuthPolicy(JSON.stringify(policy));
    const request = exampleContext(context);
    expect(compiled.decide(request)).toBe(expected);
    expect(compiled.explain(request).decision).toBe(expected);
  });
});

describe("the index", () => {
  it("decides like every statement in order", () => {
    const random = seededRandom(1);
    for (let i = 0; i < 5000; i += 1) {
      const { policy, context } = generateCase(random);
      const compiled = compileAuthPolicy(JSON.stringify(policy));
      expect(compiled.decide(context), JSON.stringify({ policy, context })).toBe(compiled.explain(context).decision);
    }
  });

  it("goes by the resource, whatever the context says of the service", () => {
    const { serviceArn } = exampleContext();
    const statement = { Effect: "Deny", Principal: "*", Action: "*", Resource: `${serviceArn}/orders/*` };
    const policy = compileAuthPolicy(JSON.stringify({ Statement: statement }));
    const odd = { ...exampleContext(), serviceArn: `${serviceArn}1` };
    expect(policy.decide(odd)).toBe("ExplicitDeny");
  });

  it("keeps the services of a network's policy apart", () => {
    const services = ["svc-0aaaaaaaaaaaaaaa0", "svc-0bbbbbbbbbbbbbbb0"].map(
      (id) => `arn:aws:vpc-lattice:us-east-1:1:service/${id}`,
    );
    const [a = "", b = ""] = services;
    const statement = (Effect: string, Resource: string): object => ({ Effect, Principal: "*", Action: "*", Resource });
    const policy = compileAuthPolicy(
      JSON.stringify({
        Statement: [statement("Allow", `${a}/x/*`), statement("Allow", `${b}/*`), statement("Deny", `${b}/x`)],
      }),
    );
    const decide = (serviceArn: string, path: string): string => policy.decide(exampleContext({ serviceArn, path }));
    expect(decide(a, "/x/1")).toBe("Allow");
    expect(decide(a, "/y/1")).toBe("ImplicitDeny");
    expect(decide(b, "/x/1")).toBe("Allow");
    expect(decide(b, "/x")).toBe("ExplicitDeny");
  });
});

describe("explanations", () => {
  it("name each element that fails, with what is wanted and seen", () => {
    const policy = compileAuthPolicy(
      JSON.stringify({
        Statement: {
          Sid: "admins",
          Effect: "Allow",
          Principal: { AWS: "999900001111" },
          Action: "vpc-lattice-svcs:Invoke",
          Resource: "*",
          Condition: { StringEquals: { "vpc-lattice-svcs:RequestHeader/x-team": ["red", "blue"] } },
        },
      }),
    );
    expect(policy.explain(exampleContext())).toEqual({
      decision: "ImplicitDeny",
      statements: [
        {
          index: 0,
          sid: "admins",
          effect: "Allow",
          matched: false,
          failed: [
            {
              element: "Principal",
              wanted: ["999900001111"],
              seen: "arn:aws:sts::111122223333:assumed-role/app/session-1",
            },
            {
              element: "Condition.StringEquals.vpc-lattice-svcs:RequestHeader/x-team",
              wanted: ["red", "blue"],
              seen: null,
            },
          ],
        },
      ],
    });
  });

  it("do not tell credentials", () => {
    const key = "vpc-lattice-svcs:RequestHeader/Authorization";
    const statement = {
      Effect: "Allow",
      Principal: "*",
      Action: "*",
      Resource: "*",
      Condition: { StringEquals: { [key]: "x" } },
    };
    const policy = compileAuthPolicy(JSON.stringify({ Statement: statement }));
    const text = JSON.stringify(policy.explain(exampleContext({ rawHeaders: ["authorization", "top-secret"] })));
    expect(text).toContain("[redacted]");
    expect(text).not.toContain("top-secret");
  });
});

describe("identity policies", () => {
  const decide = (statement: unknown): string =>
    compileIdentityPolicy(JSON.stringify({ Version: "2012-10-17", Statement: statement })).decide(exampleContext());

  it("have no principal and may speak of other services", () => {
    const s3 = {
      Effect: "Deny",
      Action: "s3:*",
      Resource: "arn:aws:s3:::b/*",
      Condition: { StringLike: { "s3:prefix": "a" } },
    };
    expect(decide([s3, { Effect: "Allow", Action: "vpc-lattice-svcs:Invoke", Resource: "*" }])).toBe("Allow");
    expect(decide([{ Effect: "Allow", Action: ["s3:*", "ec2:Run*"], Resource: "*" }])).toBe("ImplicitDeny");
    expect(decide([{ Effect: "Deny", NotAction: "s3:*", Resource: "*" }])).toBe("ExplicitDeny");
  });

  it("are refused with a principal", () => {
    expect(() => decide({ Effect: "Allow", Principal: "*", Action: "*", Resource: "*" })).toThrow(PolicyError);
  });
});
