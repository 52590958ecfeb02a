import { describe, expect, it } from "vitest";
import type { ConfigurationDocument } from "./document.ts";
import { documentOfItems } from "./document-of-items.ts";
import { itemsOfDocument } from "./items-of-document.ts";
import { planChanges } from "./plan.ts";

type Parts = Omit<ConfigurationDocument, "pergola">;

const web = { protocol: "HTTP", defaultAction: { fixedResponse: 404 } } as const;
const rule = { priority: 1, match: { method: "GET" }, action: { fixedResponse: 500 } } as const;
const config = { protocol: "HTTP", port: 80, vpcIdentifier: "vpc-1" };

function plan(file: Parts, account: Parts): string[] {
  const [desired, current] = [file, account].map((parts) => itemsOfDocument({ pergola: 1, ...parts }));
  return planChanges(desired ?? [], current ?? []).steps.map(({ action, item, members }) =>
    [action, item.path, ...members].join(" "),
  );
}

const cases: readonly (readonly [what: string, file: Parts, account: Parts, steps: readonly string[]])[] = [
  ["nothing is nothing", {}, {}, []],
  ["what is new is made", { services: { a: {} } }, {}, ["create services/a"]],
  ["what is not in the file goes", {}, { services: { a: {} } }, ["delete services/a"]],
  [
    "parts go with their service",
    {},
    { services: { a: { listeners: { web: { ...web, rules: { r: rule } } } } } },
    ["delete services/a"],
  ],
  [
    "defaults are as good as said",
    { services: { a: { authType: "NONE", idleTimeoutSeconds: 60 } } },
    { services: { a: {} } },
    [],
  ],
  [
    "a port's default too",
    { services: { a: { listeners: { web: { ...web, port: 80 } } } } },
    { services: { a: { listeners: { web } } } },
    [],
  ],
  [
    "a member that is left out gets its default again",
    { services: { a: {} } },
    { services: { a: { authType: "AWS_IAM", certificateArn: "arn:c" } } },
    ["update services/a authType certificateArn"],
  ],
  [
    "tags are part of it",
    { services: { a: { tags: { x: "1" } } } },
    { services: { a: { tags: { y: "1" } } } },
    ["update services/a tags"],
  ],
  [
    "their order is not",
    { services: { a: { tags: { x: "1", y: "2" } } } },
    { services: { a: { tags: { y: "2", x: "1" } } } },
    [],
  ],
  [
    "a custom domain name cannot change",
    { services: { a: { customDomainName: "a.example" } } },
    { services: { a: {} } },
    ["refuse services/a customDomainName"],
  ],
  [
    "nor can the kind of a target group, and what cannot be comes first",
    { services: { b: {} }, targetGroups: { a: { type: "LAMBDA" } } },
    { targetGroups: { a: { type: "IP", config } } },
    ["refuse targetGroups/a type", "create services/b"],
  ],
  [
    "members of a target group that the file leaves out are the API's",
    { targetGroups: { a: { type: "IP", config: { protocol: "HTTP" } } } },
    { targetGroups: { a: { type: "IP", config: { ...config, healthCheck: { enabled: true, path: "/" } } } } },
    [],
  ],
  [
    "a health check changes by its members",
    { targetGroups: { a: { type: "IP", config: { ...config, healthCheck: { path: "/x" } } } } },
    { targetGroups: { a: { type: "IP", config: { ...config, healthCheck: { enabled: true, path: "/" } } } } },
    ["update targetGroups/a healthCheck"],
  ],
  [
    "groups come before what forwards to them, associations last",
    {
      serviceNetworks: { n: { services: { s: {} } } },
      services: { s: { listeners: { web: { ...web, defaultAction: { forward: [{ targetGroup: "g" }] } } } } },
      targetGroups: { g: { type: "LAMBDA", targets: [{ id: "f" }] } },
    },
    {},
    [
      "create targetGroups/g",
      "create targetGroups/g/targets/f",
      "create services/s",
      "create serviceNetworks/n",
      "create services/s/listeners/web",
      "create serviceNetworks/n/services/s",
    ],
  ],
  [
    "and go the other way",
    {},
    {
      serviceNetworks: { n: { services: { s: {} } } },
      services: { s: {} },
      targetGroups: { g: { type: "LAMBDA", targets: [{ id: "f" }] } },
    },
    [
      "delete serviceNetworks/n/services/s",
      "delete serviceNetworks/n",
      "delete services/s",
      "delete targetGroups/g/targets/f",
      "delete targetGroups/g",
    ],
  ],
  [
    "a policy is there before IAM asks for it",
    { services: { s: { authType: "AWS_IAM", authPolicy: { Statement: [] } } } },
    { services: { s: {} } },
    ["create services/s/authPolicy", "update services/s authType"],
  ],
  [
    "a policy goes after what it kept away",
    { services: { s: {} } },
    { services: { s: { authPolicy: { Statement: [] } } }, serviceNetworks: { n: { services: { s: {} } } } },
    ["delete serviceNetworks/n/services/s", "delete services/s/authPolicy", "delete serviceNetworks/n"],
  ],
  [
    "a rule's place is free before another takes it",
    { services: { s: { listeners: { web: { ...web, rules: { fresh: rule } } } } } },
    { services: { s: { listeners: { web: { ...web, rules: { old: rule } } } } } },
    ["delete services/s/listeners/web/rules/old", "create services/s/listeners/web/rules/fresh"],
  ],
  [
    "a policy's version and its only statement may be short",
    { services: { s: { authPolicy: { Statement: { Effect: "Allow" } } } } },
    { services: { s: { authPolicy: { Version: "2008-10-17", Statement: [{ Effect: "Allow" }] } } } },
    [],
  ],
  [
    "an only group needs no weight, and case matters only where said",
    {
      services: {
        s: {
          listeners: {
            web: {
              ...web,
              rules: {
                r: {
                  ...rule,
                  match: { pathMatch: { match: { exact: "/" }, caseSensitive: false } },
                  action: { forward: [{ targetGroup: "g" }] },
                },
              },
            },
          },
        },
      },
    },
    {
      services: {
        s: {
          listeners: {
            web: {
              ...web,
              rules: {
                r: {
                  ...rule,
                  match: { pathMatch: { match: { exact: "/" } } },
                  action: { forward: [{ targetGroup: "g", weight: 100 }] },
                },
              },
            },
          },
        },
      },
    },
    [],
  ],
];

describe("a plan", () => {
  it.each(cases)("%s", (_what, file, account, steps) => {
    expect(plan(file, account)).toEqual(steps);
  });

  it.each(cases)("of a document that was read back is empty: %s", (_what, file) => {
    const items = itemsOfDocument({ pergola: 1, ...file });
    const again = itemsOfDocument(documentOfItems(items));

    expect(planChanges(again, items).steps).toEqual([]);
    expect(again.length).toBe(items.length);
  });

  it("two subscriptions of one kind of destination cannot be", () => {
    const accessLogs = [{ destination: "arn:aws:s3:::first" }, { destination: "arn:aws:s3:::second" }];

    expect(() => plan({ services: { s: { accessLogs } } }, {})).toThrow("services/s/accessLogs/s3: is there twice");
  });
});
