import type { AccessRecord } from "@pergola/core";
import { describe, expect, it } from "vitest";
import { sampleRecord } from "../test/sample-record.ts";
import { formatAccessRecord } from "./format-access-record.ts";

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
