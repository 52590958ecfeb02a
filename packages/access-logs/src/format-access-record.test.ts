import type { AccessRecord, ResourceAccessRecord } from "@pergola/core";
import { describe, expect, it } from "vitest";
import { sampleRecord } from "../test/sample-record.ts";
import { formatAccessRecord } from "./format-access-record.ts";
import { formatResourceRecord } from "./format-resource-record.ts";

describe("a line of the access log", () => {
  it("has every field in the log's order, whatever the record's is", () => {
    const record = sampleRecord(7);
    const reversed = Object.fromEntries(Object.entries(record).reverse()) as unknown as AccessRecord;

    expect(formatAccessRecord(reversed)).toBe(JSON.stringify(record));
    expect(Object.keys(JSON.parse(formatAccessRecord(record))).length).toBe(38);
  });

  it.each(['"}', "\\", "a\nb", "a\r\nb", "\u0000\u001f\u007f", "\u2028", "é\u{1f33f}", "\ud800"])(
    "stays one line of JSON when a client sends %j",
    (userAgent) => {
      const line = formatAccessRecord({ ...sampleRecord(1), userAgent, requestPath: userAgent });

      expect(line).not.toMatch(/[\n\r]/);
      expect(JSON.parse(line)).toMatchObject({ userAgent, requestPath: userAgent, responseCode: 200, duration: 12 });
    },
  );

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
