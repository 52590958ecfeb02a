import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ControlPlaneHarness, otherAccount, startControlPlane } from "../harness/control-plane.ts";
import { callJson, type JsonAnswer } from "../harness/json-api.ts";
import { newConfiguration, newGateway } from "../harness/lattice-networked-resources.ts";
import { newListener, newRule, newService, newTargetGroup } from "../harness/lattice-resources.ts";

let plane: ControlPlaneHarness;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

const call = (operation: string, input: object | string): Promise<JsonAnswer> =>
  callJson(plane.url, `ResourceGroupsTaggingAPI_20170126.${operation}`, input);

interface Mapping {
  readonly ResourceARN: string;
  readonly Tags: readonly { readonly Key: string; readonly Value: string }[];
}

async function pages(input: object): Promise<Mapping[][]> {
  const found: Mapping[][] = [];
  for (let PaginationToken = ""; ; ) {
    const { status, json } = await call("GetResources", { ...input, PaginationToken });
    expect(status).toBe(200);
    found.push(json.ResourceTagMappingList as Mapping[]);
    PaginationToken = json.PaginationToken as string;
    if (PaginationToken === "") return found;
  }
}
const arnsOf = async (input: object): Promise<string[]> =>
  (await pages(input)).flat().map(({ ResourceARN }) => ResourceARN);

describe("GetResources", () => {
  it("finds each kind of resource by a tag and its type", async () => {
    const { client } = plane;
    const tags = { owner: randomUUID() };
    const service = await newService(client, { tags });
    const listener = await newListener(client, service.id, { tags });
    const gateway = await newGateway(client, { tags });
    const arns = {
      service: service.arn,
      "service/listener": listener.arn,
      "service/listener/rule": (await newRule(client, service.id, listener.id, { tags })).arn,
      targetgroup: (await newTargetGroup(client, { tags })).arn,
      resourcegateway: gateway.arn,
      resourceconfiguration: (await newConfiguration(client, { resourceGatewayIdentifier: gateway.id, tags })).arn,
    };
    const TagFilters = [{ Key: "owner", Values: [tags.owner] }];

    for (const [type, arn] of Object.entries(arns)) {
      expect(await arnsOf({ TagFilters, ResourceTypeFilters: [`vpc-lattice:${type}`] }), type).toEqual([arn]);
    }
    expect((await arnsOf({ TagFilters })).sort()).toEqual(Object.values(arns).sort());
    expect(await arnsOf({ TagFilters, ResourceTypeFilters: ["vpc-lattice"] })).toHaveLength(6);
    expect(await arnsOf({ TagFilters, ResourceTypeFilters: ["ec2:instance", "s3"] })).toEqual([]);
  });

  it("takes several values of a key as alternatives, several keys together, and no value as any", async () => {
    const run = randomUUID();
    const tagged = async (tags: Record<string, string>): Promise<string> =>
      (await newTargetGroup(plane.client, { tags: { run, ...tags } })).arn;
    const [a, b, c] = [
      await tagged({ stage: "a" }),
      await tagged({ stage: "b", team: "x" }),
      await tagged({ Stage: "a" }),
    ];
    const found = async (...more: object[]): Promise<string[]> =>
      (await arnsOf({ TagFilters: [{ Key: "run", Values: [run] }, ...more] })).sort();

    expect(await found({ Key: "stage", Values: ["a", "b"] })).toEqual([a, b].sort());
    expect(await found({ Key: "stage", Values: ["a", "b"] }, { Key: "team" })).toEqual([b]);
    expect(await found({ Key: "Stage", Values: [] })).toEqual([c]);
    expect(await found({ Key: "stage", Values: ["A"] })).toEqual([]);
    expect(await found({ Key: "toString" })).toEqual([]);
  });

  it("pages through children of several parents, each once, while resources come and go", async () => {
    const tags = { paged: randomUUID() };
    const rules: string[] = [];
    const services: string[] = [];
    for (let i = 0; i < 3; i += 1) {
      const service = await newService(plane.client);
      const listener = await newListener(plane.client, service.id);
      services.push(service.id);
      for (let priority = 1; priority <= 3; priority += 1) {
        rules.push((await newRule(plane.client, service.id, listener.id, { tags, priority })).arn);
      }
    }
    const input = { TagFilters: [{ Key: "paged", Values: [tags.paged] }], ResourcesPerPage: 2 };

    expect((await pages(input)).map((page) => page.length)).toEqual([2, 2, 2, 2, 1]);
    expect((await arnsOf(input)).sort()).toEqual([...rules].sort());

    const first = (await call("GetResources", input)).json;
    const shown = (first.ResourceTagMappingList as Mapping[]).map(({ ResourceARN }) => ResourceARN);
    const serviceOf = (arn: string): string => /svc-\w+/.exec(arn)?.[0] ?? "";
    const gone = serviceOf(shown[1] ?? "");
    await plane.client.deleteService({ serviceIdentifier: gone });
    await newService(plane.client, { tags: { other: "x" } });
    const rest = await call("GetResources", {
      ...input,
      ResourcesPerPage: 100,
      PaginationToken: first.PaginationToken,
    });
    const left = (rest.json.ResourceTagMappingList as Mapping[]).map(({ ResourceARN }) => ResourceARN);

    expect(left.sort()).toEqual(rules.filter((arn) => !shown.includes(arn) && serviceOf(arn) !== gone).sort());
  });

  it("ends a page before it has more than TagsPerPage tags", async () => {
    const run = randomUUID();
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`k${i}`, "v"]));
    for (let i = 0; i < 5; i += 1) await newTargetGroup(plane.client, { tags: { ...many, run } });

    const found = await pages({ TagFilters: [{ Key: "run", Values: [run] }], TagsPerPage: 100 });

    expect(found.map((page) => page.length)).toEqual([2, 2, 1]);
  });

  it("reads the tags of up to 100 ARNs, those of the caller's own tagged resources", async () => {
    const group = await newTargetGroup(plane.client, { tags: { a: "1", b: "" } });
    const untagged = await newTargetGroup(plane.client);
    const foreign = await newTargetGroup(plane.clientOf({ account: otherAccount }), { tags: { a: "1" } });
    const elsewhere = await newTargetGroup(plane.clientOf({ region: "eu-west-1" }), { tags: { a: "1" } });
    const ResourceARNList = [group.arn, group.arn, untagged.arn, foreign.arn, elsewhere.arn, "arn:aws:s3:::bucket"];

    const answer = await call("GetResources", { ResourceARNList });
    const tooMany = await call("GetResources", { ResourceARNList: Array(101).fill(group.arn) });

    expect(answer.json).toEqual({
      PaginationToken: "",
      ResourceTagMappingList: [
        {
          ResourceARN: group.arn,
          Tags: [
            { Key: "a", Value: "1" },
            { Key: "b", Value: "" },
          ],
        },
      ],
    });
    expect(tooMany).toMatchObject({ status: 400, json: { __type: "InvalidParameterException" } });
  });

  it("says that every resource complies, since there are no tag policies", async () => {
    const group = await newTargetGroup(plane.client, { tags: { run: randomUUID() } });
    const input = { ResourceARNList: [group.arn], IncludeComplianceDetails: true };

    expect((await call("GetResources", input)).json.ResourceTagMappingList).toMatchObject([
      { ComplianceDetails: { ComplianceStatus: true } },
    ]);
    expect((await call("GetResources", { ...input, ExcludeCompliantResources: true })).json).toMatchObject({
      ResourceTagMappingList: [],
    });
  });

  it.each<[string, object]>([
    ["a token that is none", { PaginationToken: "x" }],
    ["a token of another list", { PaginationToken: Buffer.from('["keys","a"]').toString("base64url") }],
    ["a token of no type", { PaginationToken: Buffer.from('["resources","x","y"]').toString("base64url") }],
    ["a token that is a path", { PaginationToken: Buffer.from('["resources","service","a/b"]').toString("base64url") }],
    ["a filter without a key", { TagFilters: [{ Values: ["x"] }] }],
    ["21 values", { TagFilters: [{ Key: "k", Values: Array(21).fill("x") }] }],
    ["an empty page", { ResourcesPerPage: 0 }],
    ["tags per page that are no hundreds", { TagsPerPage: 150 }],
    ["ARNs and filters at once", { ResourceARNList: ["arn:aws:s3:::x"], TagFilters: [{ Key: "k" }] }],
    ["the exclusion of what is not looked at", { ExcludeCompliantResources: true }],
  ])("refuses %s", async (_, input) => {
    expect(await call("GetResources", input)).toMatchObject({
      status: 400,
      headers: { "x-amzn-errortype": "InvalidParameterException" },
      json: { __type: "InvalidParameterException" },
    });
  });
});

describe("TagResources and UntagResources", () => {
  it("change those that can be changed, and name the others", async () => {
    const group = await newTargetGroup(plane.client, { tags: { keep: "1", drop: "2" } });
    const foreign = await newTargetGroup(plane.clientOf({ account: otherAccount }));
    const gone = group.arn.replace(group.id, "tg-00000000000000000");
    const ResourceARNList = [group.arn, foreign.arn, gone, "arn:aws:s3:::bucket"];

    const tagged = await call("TagResources", { ResourceARNList, Tags: { more: "3" } });
    const untagged = await call("UntagResources", { ResourceARNList, TagKeys: ["drop"] });

    for (const { status, json } of [tagged, untagged]) {
      expect(status).toBe(200);
      const failed = json.FailedResourcesMap as Record<string, { StatusCode: number }>;
      expect(Object.entries(failed).map(([arn, { StatusCode }]) => [arn, StatusCode])).toEqual([
        [foreign.arn, 403],
        [gone, 404],
        ["arn:aws:s3:::bucket", 400],
      ]);
    }
    expect((await plane.client.listTagsForResource({ resourceArn: group.arn })).tags).toEqual({ keep: "1", more: "3" });
  });

  it.each<[string, string, object]>([
    ["TagResources", "no resource", { ResourceARNList: [], Tags: { a: "b" } }],
    ["TagResources", "21 resources", { ResourceARNList: Array(21).fill("arn:aws:s3:::x"), Tags: { a: "b" } }],
    ["TagResources", "a key of AWS's own", { ResourceARNList: ["arn:aws:s3:::x"], Tags: { "aws:a": "b" } }],
    ["TagResources", "no tags", { ResourceARNList: ["arn:aws:s3:::x"] }],
    ["UntagResources", "no keys", { ResourceARNList: ["arn:aws:s3:::x"], TagKeys: [] }],
  ])("%s refuses %s", async (operation, _, input) => {
    expect(await call(operation, input)).toMatchObject({ status: 400, json: { __type: "InvalidParameterException" } });
  });
});

describe("GetTagKeys and GetTagValues", () => {
  it("list what is in use in the account and region, in order, in pages", async () => {
    await using own = await startControlPlane();
    const ask = (operation: string, input: object): Promise<JsonAnswer> =>
      callJson(own.url, `ResourceGroupsTaggingAPI_20170126.${operation}`, input);
    const service = await newService(own.client, { tags: { team: "b", stage: "x" } });
    await newListener(own.client, service.id, { tags: { team: "a" } });
    await newTargetGroup(own.clientOf({ account: otherAccount }), { tags: { secret: "s", team: "c" } });
    for (let i = 0; i < 3; i += 1) {
      const tags = Object.fromEntries(
        Array.from({ length: 50 }, (_, k) => [`k${i}-${String(k).padStart(2, "0")}`, ""]),
      );
      await newTargetGroup(own.client, { tags });
    }

    const first = (await ask("GetTagKeys", {})).json;
    const second = (await ask("GetTagKeys", { PaginationToken: first.PaginationToken })).json;

    expect(first.TagKeys).toHaveLength(100);
    expect((second.TagKeys as string[]).slice(-2)).toEqual(["stage", "team"]);
    expect(second).toMatchObject({ PaginationToken: "" });
    expect((second.TagKeys as string[]).length).toBe(52);
    expect((await ask("GetTagValues", { Key: "team" })).json).toEqual({ TagValues: ["a", "b"], PaginationToken: "" });
  });
});

describe("requests that are none of the tagging API's", () => {
  it.each([
    ["an unknown operation", "GetResource", "{}", "UnknownOperationException"],
    ["no JSON", "GetResources", "{", "SerializationException"],
    ["wrong types", "GetResources", '{"ResourcesPerPage":"5"}', "SerializationException"],
  ])("are refused: %s", async (_, operation, body, error) => {
    const answer = await call(operation, body);

    expect(answer).toMatchObject({ status: 400, json: { __type: error } });
    expect(answer.headers["content-type"]).toBe("application/x-amz-json-1.1");
  });
});
