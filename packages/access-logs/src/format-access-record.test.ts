import type { AccessRecord, ResourceAccessRecord } from "@pergola/core";
import { describe, expect, it } from "vitest";
import { sampleRecord } from "../test/sample-record.ts";
import { formatAccessRecord } from "./format-access-record.ts";
import { formatResourceRecord } from "./format-resource-record.ts";

/** All fields that hold text. */
const texts = Object.entries(sampleRecord(1)).flatMap(([field, value]) => (typeof value === "string" ? [field] : []));

describe("a line of the access log", () => {
  it("has every field in the log's order, whatever the record's is", () => {
    const record = sampleRecord(7);
    const reversed = Object.fromEntries(Object.entries(record).reverse()) as unknown as AccessRecord;

    expect(formatAccessRecord(reversed)).toBe(JSON.stringify(record));
    expect(Object.keys(JSON.parse(formatAccessRecord(record))).length).toBe(38);
  });

  it.each([
    '"}',
    "\\",
    "a\nb",
    "a\r\nb",
    "\u0000\u001f\u007f",
    "\u2028",
    "é\u{1f33f}",
    "\ud800",
    `"${"x".repeat(300)}`,
  ])("stays one line of JSON when a client sends %j", (sent) => {
    for (const field of texts) {
      const record = { ...sampleRecord(1), [field]: sent };
      const line = formatAccessRecord(record);

      expect(line).not.toMatch(/[\n\r]/);
      expect(line, field).toBe(JSON.stringify(record));
    }
  });

  it("is JSON also where a request was no HTTP, and has no status", () => {
    const record: AccessRecord = { ...sampleRecord(1), responseCode: "-", grpcResponseCode: 0 };

    expect(formatAccessRecord(record)).toBe(JSON.stringify(record));
  });

  it("is right however many clients there have been, and again for those that are known", () => {
    for (let n = 0; n < 4_000; n += 1) {
      const record = {
        ...sampleRecord(1),
        userAgent: `agent ${n % 1_500}`,
        hostHeader: n % 7 === 0 ? `"${n % 5}` : "a",
      };
      expect(formatAccessRecord(record)).toBe(JSON.stringify(record));
    }
  });

  it("leaves out what is no field of the log", () => {
    const record = { ...sampleRecord(1), authorization: "secret" };

    expect(formatAccessRecord(record)).not.toContain("secret");
  });
});

describe("a line of the resource access log", () => {
  it("has every field in the log's order, and no other", () => {
    const record: ResourceAccessRecord = {
      eventTimestamp: "2026-11-23T10:00:00.123Z",
      serviceNetworkArn: "arn:aws:vpc-lattice:us-west-2:123456789012:servicenetwork/sn-0123456789abcdef0",
      serviceNetworkResourceAssociationId: "snra-0123456789abcdef0",
      vpcEndpointId: "-",
      sourceVpcArn: "arn:aws:ec2:us-west-2:123456789012:vpc/vpc-0123456789abcdef0",
      resourceConfigurationArn:
        "arn:aws:vpc-lattice:us-west-2:123456789012:resourceconfiguration/rcfg-0123456789abcdef0",
      protocol: "tcp",
      sourceIpPort: "10.0.0.1:40000",
      destinationIpPort: "129.224.0.1:5432",
      gatewayIpPort: "10.1.0.1:50000",
      resourceIpPort: "10.1.0.2:5432",
    };
    const reversed = Object.fromEntries(Object.entries({ ...record, password: "secret" }).reverse());

    expect(formatResourceRecord(reversed as unknown as ResourceAccessRecord)).toBe(JSON.stringify(record));
  });
});
