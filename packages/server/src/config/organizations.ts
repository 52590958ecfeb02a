import type { OrganizationDirectory } from "@pergola/control-plane";
import type { StrictReader } from "./strict-reader.ts";

/** An account's place: `o-…/r-…/ou-…/`, as in `aws:PrincipalOrgPaths`. */
export interface OrganizationMember {
  readonly account: string;
  readonly orgId: string;
  readonly path: string;
}

/** What `organizations` of `pergola.json` says. */
export interface Organizations {
  /** Each account once. */
  readonly members: readonly OrganizationMember[];
  /** Every unit, also those without accounts. */
  readonly units: readonly { readonly orgId: string; readonly id: string }[];
}

/** Source: AWS Organizations API reference, patterns and quotas (units nest five deep), read 2026-11. */
const organizationId = /^o-[a-z0-9]{10,32}$/;
const rootId = /^r-[0-9a-z]{4,32}$/;
const unitId = /^ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}$/;
const maxDepth = 5;

/** @returns the accounts of `organizations` with their places, and the units, after noting what is wrong */
export function readOrganizations(reader: StrictReader, value: unknown): Organizations {
  const all = reader.array(value, "organizations", 100).flatMap((entry, index) => {
    const path = `organizations[${index}]`;
    const organization = reader.object(entry, path, ["id", "root", "accounts", "units"]);
    if (organization === undefined) return [];
    const orgId = reader.text(organization.id, `${path}.id`, organizationId, "be like `o-a1b2c3d4e5`");
    const root = reader.text(organization.root ?? "r-0000", `${path}.root`, rootId, "be like `r-ab12`");
    if (orgId === undefined || root === undefined) return [];
    return [readUnit(reader, organization, path, { orgId, path: `${orgId}/${root}/` }, 0)];
  });
  const members = all.flatMap((one) => one.members);
  const seen = new Set<string>();
  for (const { account } of members) {
    if (seen.has(account)) reader.reject("organizations", `account ${account} is named twice`);
    seen.add(account);
  }
  return { members, units: all.flatMap((one) => one.units) };
}

type Place = Omit<OrganizationMember, "account">;

function readUnit(
  reader: StrictReader,
  unit: Readonly<Record<string, unknown>>,
  path: string,
  place: Place,
  depth: number,
): Organizations {
  const members = reader.array(unit.accounts, `${path}.accounts`, 10_000).flatMap((one, index) => {
    const account = reader.text(one, `${path}.accounts[${index}]`, /^\d{12}$/, "be twelve digits");
    return account === undefined ? [] : [{ ...place, account }];
  });
  const below = reader.array(unit.units, `${path}.units`, 1_000).flatMap((entry, index) => {
    const at = `${path}.units[${index}]`;
    if (depth === maxDepth) return reader.reject(at, `is nested more than ${maxDepth} deep`) ?? [];
    const inner = reader.object(entry, at, ["id", "accounts", "units"]);
    const id = inner && reader.text(inner.id, `${at}.id`, unitId, "be like `ou-ab12-11111111`");
    if (inner === undefined || id === undefined) return [];
    const found = readUnit(reader, inner, at, { ...place, path: `${place.path}${id}/` }, depth + 1);
    return [{ members: found.members, units: [{ orgId: place.orgId, id }, ...found.units] }];
  });
  return {
    members: [...members, ...below.flatMap((one) => one.members)],
    units: below.flatMap((one) => one.units),
  };
}

/** @returns what the control plane asks about accounts */
export function createOrganizationDirectory({ members, units }: Organizations): OrganizationDirectory {
  const byAccount = new Map(members.map(({ account, orgId, path }) => [account, { orgId, paths: [path] }]));
  const known = new Set(units.map(({ orgId, id }) => `${orgId}/${id}`));
  return {
    organizationOf: (account) => byAccount.get(account),
    hasUnit: (orgId, unitId) => known.has(`${orgId}/${unitId}`),
  };
}
