import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { anonymous } from "../principal.ts";
import { conditionKeys, findConditionKey } from "./condition-key.ts";
import { exampleContext } from "./example-context.ts";

const page = readFileSync(new URL("../../../../docs/condition-keys.md", import.meta.url), "utf8");

describe("condition keys", () => {
  it("are those of the documentation", () => {
    const documented = [...page.matchAll(/^\| `([^`{]+)`/gm)].map(([, name]) => name);
    expect(documented.toSorted()).toEqual(conditionKeys.map(({ name }) => name).toSorted());
    const families = [...page.matchAll(/^\| `([^`{]+)\{[a-z]+\}`/gm)].map(([, prefix]) => prefix);
    expect(families).toHaveLength(4);
    for (const prefix of families) expect(findConditionKey(`${prefix}x`), prefix).toBeDefined();
  });

  it("tell an anonymous caller by the type alone", () => {
    const context = exampleContext({ principal: anonymous });
    const present = conditionKeys.filter(
      ({ name, read }) => /Principal|user(?:id|name)/.test(name) && read(context) !== undefined,
    );
    expect(present.map(({ name }) => name)).toEqual(["aws:PrincipalType"]);
  });

  it("of the HTTP request do not exist for Connect", () => {
    const context = exampleContext({
      action: "vpc-lattice-svcs:Connect",
      rawHeaders: ["user-agent", "x", "referer", "y"],
    });
    const absent = conditionKeys.filter(({ connect }) => !connect);
    expect(absent).toHaveLength(4);
    for (const { name, read } of absent) expect(read(context), name).toBeUndefined();
  });

  it("read every value of a repeated header", () => {
    const key = findConditionKey("VPC-Lattice-Svcs:requestheader/X-A");
    expect(key?.read(exampleContext({ rawHeaders: ["x-a", "1", "X-B", "2", "X-A", "3"] }))).toEqual(["1", "3"]);
  });
});
