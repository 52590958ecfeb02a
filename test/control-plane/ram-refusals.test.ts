import type { RAM } from "@aws-sdk/client-ram";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  account,
  type ControlPlaneHarness,
  otherAccount,
  region,
  startControlPlane,
} from "../harness/control-plane.ts";
import { failureOf } from "../harness/lattice-resources.ts";
import { newShare } from "../harness/resource-shares.ts";

let plane: ControlPlaneHarness;
let ram: RAM;
let consumerRam: RAM;
beforeAll(async () => {
  plane = await startControlPlane();
  ram = plane.ramOf({});
  consumerRam = plane.ramOf({ account: otherAccount });
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

const nowhere = `arn:aws:ram:${region}:${account}:resource-share/00000000-0000-0000-0000-000000000000`;
const permissionOf = (name: string): string => `arn:aws:ram::aws:permission/${name}`;

describe("requests that make no sense", () => {
  const cases: readonly (readonly [string, (arn: string) => Promise<unknown>, string])[] = [
    ["a share without a name", () => ram.createResourceShare({ name: undefined }), "MissingRequiredParameterException"],
    ["an empty name", () => newShare(ram, { name: "" }), "InvalidParameterException"],
    ["a name with a line break", () => newShare(ram, { name: "a\nb" }), "InvalidParameterException"],
    ["a client token of spaces", () => newShare(ram, { clientToken: "  " }), "InvalidClientTokenException"],
    [
      "an unknown permission",
      () => newShare(ram, { permissionArns: [permissionOf("None")] }),
      "UnknownResourceException",
    ],
    ["a permission that is no ARN", () => newShare(ram, { permissionArns: ["None"] }), "MalformedArnException"],
    ["a reserved tag", () => newShare(ram, { tags: [{ key: "aws:a", value: "" }] }), "TagPolicyViolationException"],
    [
      "51 tags",
      () => newShare(ram, { tags: Array.from({ length: 51 }, (_, i) => ({ key: String(i), value: "" })) }),
      "TagLimitExceededException",
    ],
    [
      "a tag twice",
      () => newShare(ram, { tags: Array.from({ length: 2 }, () => ({ key: "a" })) }),
      "InvalidParameterException",
    ],
    ["sources", () => newShare(ram, { sources: [account] }), "InvalidParameterException"],
    [
      "a share that is not there",
      () => ram.deleteResourceShare({ resourceShareArn: nowhere }),
      "UnknownResourceException",
    ],
    ["a share's id", () => ram.deleteResourceShare({ resourceShareArn: "x" }), "MalformedArnException"],
    [
      "a share of another account",
      (resourceShareArn) => consumerRam.updateResourceShare({ resourceShareArn, name: "mine" }),
      "UnknownResourceException",
    ],
    [
      "an association of nothing",
      (resourceShareArn) => ram.associateResourceShare({ resourceShareArn }),
      "MissingRequiredParameterException",
    ],
    [
      "a principal who is not in it",
      (resourceShareArn) => ram.disassociateResourceShare({ resourceShareArn, principals: [otherAccount] }),
      "UnknownResourceException",
    ],
    [
      "a page of none",
      () => ram.getResourceShares({ resourceOwner: "SELF", maxResults: 0 }),
      "InvalidMaxResultsException",
    ],
    [
      "a made-up token",
      () => ram.getResourceShares({ resourceOwner: "SELF", nextToken: "abc" }),
      "InvalidNextTokenException",
    ],
    [
      "an owner that there is not",
      () => ram.getResourceShares({ resourceOwner: "ME" as "SELF" }),
      "InvalidParameterException",
    ],
    [
      "a resource among principals",
      () => ram.getResourceShareAssociations({ associationType: "PRINCIPAL", resourceArn: nowhere }),
      "InvalidParameterException",
    ],
    [
      "a type that cannot be shared",
      () => ram.listResources({ resourceOwner: "SELF", resourceType: "ec2:Subnet" }),
      "InvalidResourceTypeException",
    ],
    ["tags of nothing", () => ram.tagResource({ tags: [{ key: "a" }] }), "InvalidParameterException"],
    [
      "a list that has not its token",
      async () => {
        await newShare(ram);
        const { nextToken } = await ram.getResourceShares({ resourceOwner: "SELF", maxResults: 1 });
        await ram.listResources({ resourceOwner: "SELF", nextToken: nextToken ?? "" });
      },
      "InvalidNextTokenException",
    ],
  ];

  it.each(cases)("are refused: %s", async (_, ask, name) => {
    const failure = await failureOf(ask(await newShare(ram)));

    expect(failure).toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
    expect(failure.message).not.toBe("");
  });

  it("are refused when they are no JSON, and when the operation is not there", async () => {
    const garbage = await plane.send("POST", "/createresourceshare", "{");
    const wrongType = await plane.send("POST", "/createresourceshare", JSON.stringify({ name: 5 }));
    const missing = await failureOf(ram.promoteResourceShareCreatedFromPolicy({ resourceShareArn: nowhere }));

    expect([garbage.status, wrongType.status]).toEqual([400, 400]);
    expect(wrongType.json).toMatchObject({ message: expect.stringContaining("name must be a string") });
    expect(missing).toMatchObject({ name: "NotImplementedException", $metadata: { httpStatusCode: 501 } });
    expect(plane.faults).toEqual([]);
  });
});
