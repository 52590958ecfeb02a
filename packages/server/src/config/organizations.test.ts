import { describe, expect, it } from "vitest";
import { parseLocalConfig } from "./local-config.ts";
import { createOrganizationDirectory } from "./organizations.ts";

const read = (organizations: unknown) =>
  parseLocalConfig(JSON.stringify({ organizations }), "pergola.json", "123456789012").organizations;

const org = "o-a1b2c3d4e5";
const [first, second, third, stranger] = ["111111111111", "222222222222", "333333333333", "444444444444"];

describe("organizations of pergola.json", () => {
  it("say where each account is", () => {
    const units = [
      {
        id: "ou-ab12-11111111",
        accounts: [second],
        units: [{ id: "ou-ab12-22222222", accounts: [third] }],
      },
    ];
    const { organizationOf, hasUnit } = createOrganizationDirectory(
      read([{ id: org, root: "r-ab12", accounts: [first], units }]),
    );

    expect(organizationOf(first)).toEqual({ orgId: org, paths: [`${org}/r-ab12/`] });
    expect(organizationOf(second)?.paths).toEqual([`${org}/r-ab12/ou-ab12-11111111/`]);
    expect(organizationOf(third)?.paths).toEqual([`${org}/r-ab12/ou-ab12-11111111/ou-ab12-22222222/`]);
    expect(organizationOf(stranger)).toBeUndefined();
    expect(["ou-ab12-11111111", "ou-ab12-22222222", "ou-ab12-33333333"].map((unit) => hasUnit(org, unit))).toEqual([
      true,
      true,
      false,
    ]);
    expect(hasUnit("o-z1b2c3d4e5", "ou-ab12-11111111")).toBe(false);
  });

  const nested = (depth: number): object =>
    depth === 0 ? {} : { units: [{ id: `ou-ab12-1111111${depth}`, ...nested(depth - 1) }] };

  it("nest five deep and not six", () => {
    expect(read([{ id: org, ...nested(5) }])).toMatchObject({ members: [], units: { length: 5 } });
    expect(() => read([{ id: org, ...nested(6) }])).toThrow("nested more than 5 deep");
  });

  it.each<[string, unknown, string]>([
    ["no list", {}, "organizations: must be an array"],
    ["an id that is none", [{ id: "x" }], "organizations[0].id"],
    ["a root that is none", [{ id: org, root: "x" }], "organizations[0].root"],
    ["a unit without an id", [{ id: org, units: [{}] }], "organizations[0].units[0].id"],
    ["an account that is none", [{ id: org, accounts: ["1"] }], "organizations[0].accounts[0]"],
    [
      "an account in two places",
      [
        { id: org, accounts: [first] },
        { id: "o-z1b2c3d4e5", accounts: [first] },
      ],
      "named twice",
    ],
    ["an unknown member", [{ id: org, acounts: [] }], "acounts: is not known"],
  ])("are refused with %s", (_, organizations, message) => {
    expect(() => read(organizations)).toThrow(message);
  });
});
