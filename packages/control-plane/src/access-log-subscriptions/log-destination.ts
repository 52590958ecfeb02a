import { logDestinationKind } from "@pergola/core";
import { type Constraint, optional } from "../constraint.ts";

/** The ARN of a log group, of a bucket (with a prefix where one is wanted) or of a Firehose stream; 20–2,048 characters. */
export const destinationArn: Constraint<string> = optional((value, path, report) => {
  if (value.length < 20 || value.length > 2048) {
    report({ name: path, message: `must have 20 to 2048 characters, has ${value.length}` });
  } else if (logDestinationKind(value) === undefined) {
    const forms =
      "`arn:aws:logs:<region>:<account>:log-group:<name>`, `arn:aws:s3:::<bucket>[/<prefix>]` or `arn:aws:firehose:<region>:<account>:deliverystream/<name>`";
    report({ name: path, message: `must be of the form ${forms}` });
  }
});
