import { describe, expect, it } from "vitest";
import { graphOf } from "./harness/deployment.ts";
import { only } from "./harness/graph.ts";

const kept = [
  ["aws:dynamodb/table:Table", "StoreTable"],
  ["aws:cloudwatch/logGroup:LogGroup", "AccessLogGroup"],
  ["aws:sqs/queue:Queue", "AccessRecordsQueue"],
  ["aws:sqs/queue:Queue", "UndeliveredRecordsQueue"],
] as const;

describe("removal", () => {
  it.each(kept)("%s %s outlives the production stage, and goes with any other", (type, name) => {
    expect(only(graphOf("production"), type, name).retainOnDelete).toBe(true);
    expect(only(graphOf("dev"), type, name).retainOnDelete).toBe(false);
  });

  it("the key that wraps the session keys does likewise", () => {
    expect(only(graphOf("everything"), "aws:kms/key:Key", "IdentityKey").retainOnDelete).toBe(true);
    expect(only(graphOf("one-vpc"), "aws:kms/key:Key", "IdentityKey").retainOnDelete).toBe(false);
  });

  it("the production table cannot be deleted by hand either", () => {
    const protectedTable = (variant: string) => only(graphOf(variant), "aws:dynamodb/table:Table", "StoreTable").inputs;
    expect(protectedTable("production").deletionProtectionEnabled).toBe(true);
    expect(protectedTable("dev").deletionProtectionEnabled).toBe(false);
  });
});
