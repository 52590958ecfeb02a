/** A statement of a role, as SST takes it. */
export interface RoleStatement {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

export interface DestinationStatements {
  /** What delivery from the queue needs. */
  readonly delivery: readonly RoleStatement[];
  /** What the router needs: it sends to Firehose itself, since Firehose buffers. */
  readonly router: readonly RoleStatement[];
}

/**
 * The least that delivery to these destinations takes.
 * @param arns of log groups, buckets and Firehose streams, in the forms that access log subscriptions have
 */
export function logDestinationStatements(arns: readonly string[]): DestinationStatements {
  const groups = arns.filter((arn) => serviceOf(arn) === "logs").map((arn) => `${arn.replace(/:\*$/, "")}:*`);
  const buckets = arns.filter((arn) => serviceOf(arn) === "s3").map((arn) => `${arn}/*`);
  const streams = arns.filter((arn) => serviceOf(arn) === "firehose");
  const firehose = statement(["firehose:PutRecordBatch"], streams);
  return {
    delivery: [
      ...statement(["logs:CreateLogStream", "logs:PutLogEvents"], groups),
      ...statement(["s3:PutObject"], buckets),
      ...firehose,
    ],
    router: firehose,
  };
}

function serviceOf(arn: string): string {
  return arn.split(":")[2] ?? "";
}

function statement(actions: readonly string[], resources: readonly string[]): RoleStatement[] {
  return resources.length === 0 ? [] : [{ actions, resources }];
}
