import { describe, expect, it } from "vitest";
import { logDestinationStatements } from "../../stacks/log-destination-statements.ts";

describe("statements for log destinations", () => {
  it("name streams of a log group once, however its ARN ends", () => {
    const arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/mesh/access";
    const expected = [{ actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [`${arn}:*`] }];
    expect(logDestinationStatements([arn]).delivery).toEqual(expected);
    expect(logDestinationStatements([`${arn}:*`]).delivery).toEqual(expected);
  });

  it("let delivery put objects into a bucket, and the router not", () => {
    const { delivery, router } = logDestinationStatements(["arn:aws:s3:::mesh"]);
    expect(delivery).toEqual([{ actions: ["s3:PutObject"], resources: ["arn:aws:s3:::mesh/*"] }]);
    expect(router).toEqual([]);
  });

  it("are none without destinations", () => {
    expect(logDestinationStatements([])).toEqual({ delivery: [], router: [] });
  });
});
