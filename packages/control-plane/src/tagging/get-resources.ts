import { invalidFields, parseLatticeArn, type ResourceBase } from "@pergola/core";
import { flag, type Input, integer, list, optional, required, struct, text } from "../constraint.ts";
import { type OperationContext, query } from "../operation.ts";
import { partnerTagsKey, taggedKey } from "../tags/tagged-resource.ts";
import { matchesTagFilters } from "./tag-filter.ts";
import { readTagToken, writeTagToken } from "./tag-token.ts";
import { isWalked, type Position, walkResources } from "./walk-resources.ts";

/** Source of the numbers: GetResources, API reference, read 2026-11. */
const defaultPageSize = 50;
/** A page looks at this many things at most; a filter that few pass then gives short pages, even empty ones. */
const maxSteps = 5_000;

const members = {
  PaginationToken: text({ max: 2048 }),
  TagFilters: list(
    struct({ Key: required(text({ min: 1, max: 128 })), Values: list(text({ max: 256 }), 0, 20) }),
    0,
    50,
  ),
  ResourcesPerPage: integer(1, 100),
  TagsPerPage: optional<number>((value, path, report) => {
    if (![100, 200, 300, 400, 500].includes(value))
      report({ name: path, message: `must be 100, 200, 300, 400 or 500, is ${value}` });
  }),
  ResourceTypeFilters: list(text({ max: 256 }), 0, 100),
  IncludeComplianceDetails: flag,
  ExcludeCompliantResources: flag,
  ResourceARNList: list(text({ min: 1, max: 1011 }), 1, 100),
};

type GetResourcesInput = Input<typeof members>;

/** GetResources: the tagged resources of the caller's account and region, filtered, or those of a list of ARNs. */
export const getResources = query(members, async (input, context) => {
  requireSensible(input);
  // There are no tag policies, so every resource complies.
  if (input.ExcludeCompliantResources === true) return { PaginationToken: "", ResourceTagMappingList: [] };
  if (input.ResourceARNList !== undefined) {
    const found = await Promise.all([...new Set(input.ResourceARNList)].map((arn) => readByArn(context, arn)));
    const tagged = found.filter((resource) => resource !== undefined).filter(isTagged);
    return { PaginationToken: "", ResourceTagMappingList: tagged.map((resource) => mappingOf(resource, input)) };
  }
  return page(input, context);
});

function requireSensible(input: GetResourcesInput): void {
  const { ResourceARNList: arns, ExcludeCompliantResources: exclude, IncludeComplianceDetails: include } = input;
  if (exclude === true && include !== true) {
    const message = "must be true where ExcludeCompliantResources is";
    throw invalidFields([{ name: "IncludeComplianceDetails", message }]);
  }
  const filters = ["PaginationToken", "TagFilters", "ResourcesPerPage", "TagsPerPage", "ResourceTypeFilters"] as const;
  const given = filters.filter((name) => input[name] !== undefined && input[name] !== "");
  if (arns !== undefined && given.length > 0) {
    const message = `must not be given together with ${given.join(", ")}`;
    throw invalidFields([{ name: "ResourceARNList", message }]);
  }
}

async function page(input: GetResourcesInput, context: OperationContext): Promise<unknown> {
  const { ResourcesPerPage: maxResources = defaultPageSize, TagsPerPage: maxTags = Infinity } = input;
  const found: ResourceBase[] = [];
  const answer = (next?: Position): unknown => ({
    PaginationToken: next === undefined ? "" : writeTagToken("resources", next),
    ResourceTagMappingList: found.map((resource) => mappingOf(resource, input)),
  });
  let last: Position | undefined = readPosition(input.PaginationToken);
  let tags = 0;
  let steps = 0;
  for await (const { position, resource } of walkResources(context, typeFilter(input.ResourceTypeFilters), last)) {
    if (steps === maxSteps) return answer(last);
    steps += 1;
    if (resource !== undefined && isTagged(resource) && matchesTagFilters(resource.tags, input.TagFilters)) {
      tags += Object.keys(resource.tags).length;
      if (found.length === maxResources || (found.length > 0 && tags > maxTags)) return answer(last);
      found.push(resource);
    }
    last = position;
  }
  return answer();
}

function readPosition(token: string | undefined): Position | undefined {
  const position = readTagToken("resources", token);
  if (position === undefined) return undefined;
  const [type = "", ...path] = position;
  if (isWalked(type) && path.every((id) => /^[a-z]+-[0-9a-z]{17}$/.test(id))) return [type, ...path];
  throw invalidFields([{ name: "PaginationToken", message: "must be the token of the page before, unchanged" }]);
}

/** `vpc-lattice` stands for all types; types of other services are no resources here. */
function typeFilter(filters: readonly string[] = []): (type: string) => boolean {
  if (filters.length === 0) return () => true;
  const wanted = new Set(filters);
  return (type) => wanted.has("vpc-lattice") || wanted.has(`vpc-lattice:${type}`);
}

async function readByArn({ caller, tx }: OperationContext, text: string): Promise<ResourceBase | undefined> {
  const arn = parseLatticeArn(text);
  if (arn === undefined || arn.account !== caller.account || arn.region !== caller.region) return undefined;
  for (const key of [taggedKey(arn), partnerTagsKey(arn)]) {
    const value = key && (await tx.read<ResourceBase>(key));
    if (value?.arn === text) return value;
  }
  return undefined;
}

function isTagged({ tags }: ResourceBase): boolean {
  return Object.keys(tags).length > 0;
}

function mappingOf({ arn, tags }: ResourceBase, { IncludeComplianceDetails: details }: GetResourcesInput): unknown {
  return {
    ResourceARN: arn,
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    ...(details === true
      ? { ComplianceDetails: { NoncompliantKeys: [], KeysWithNoncompliantValues: [], ComplianceStatus: true } }
      : {}),
  };
}
