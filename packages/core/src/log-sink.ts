import { createHash } from "node:crypto";
import type { LogSubscriptionSnapshot } from "./snapshot.ts";

/** Access log lines on their way to one destination. */
export interface LogBatch {
  readonly destination: LogSubscriptionSnapshot;
  /** JSON lines in UTF-8, each with a newline at its end; not empty. */
  readonly lines: Buffer;
  readonly count: number;
  /** When delivery was first tried; the same at every retry. */
  readonly time: Date;
  /** Hex, unique to this batch and the same at every retry, also after a crash: a sink can recognise what it has. */
  readonly batchId: string;
}

/**
 * The port to a log destination. A batch can come again after a failure or a crash, always with the same lines, time and id;
 * then only, since there is never more than one batch of a destination under way.
 */
export interface LogSink {
  /** Bytes of lines that it takes at once, where it takes another amount than most of its kind. */
  readonly maxBatchBytes?: number;
  /**
   * Resolves when the destination has the lines for good, and they are read no more: their memory goes then.
   * @throws whatever kept it from taking them; they come again
   */
  deliver(batch: LogBatch, signal: AbortSignal): Promise<void>;
}

/**
 * Where a batch lands in S3, as VPC Lattice names its objects.
 * Source: VPC Lattice user guide, access logs, and public bucket listings, read 2026-11; the hash is opaque.
 */
export function accessLogObject({ destination, batchId, time }: Omit<LogBatch, "lines" | "count">): {
  readonly bucket: string;
  readonly key: string;
} {
  const { destinationArn, account, region, resourceId } = destination;
  const kind = kindOf(destination);
  const path = destinationArn.split(":").slice(5).join(":");
  const slash = path.indexOf("/");
  const bucket = slash < 0 ? path : path.slice(0, slash);
  const prefix = slash < 0 ? "" : path.slice(slash + 1).replace(/\/$/, "");
  const [date = "", clock = ""] = time.toISOString().split("T");
  const [year, month, day] = date.split("-");
  const minute = `${year}${month}${day}T${clock.slice(0, 2)}${clock.slice(3, 5)}Z`;
  const hash = createHash("sha256").update(batchId).digest("hex").slice(0, 16);
  const name = `${account}_VpcLattice${kind}_${region}_${resourceId}_${minute}_${hash}.json.gz`;
  const folder = `AWSLogs/${account}/VpcLattice/${kind}/${region}/${year}/${month}/${day}/${resourceId}`;
  return { bucket, key: `${prefix === "" ? "" : `${prefix}/`}${folder}/${name}` };
}

/** @returns the name and stream of the CloudWatch log group that a subscription writes to; our choice, AWS names none */
export function accessLogStream(destination: LogSubscriptionSnapshot): {
  readonly group: string;
  readonly stream: string;
} {
  const { destinationArn, region, resourceId } = destination;
  const group = destinationArn.split(":").slice(6).join(":").replace(/:\*$/, "");
  return { group, stream: `VpcLattice${kindOf(destination)}_${region}_${resourceId}` };
}

/** Connections to resources are logged apart from requests. Source: VPC Lattice user guide, access logs, read 2026-11. */
function kindOf({ logType }: LogSubscriptionSnapshot): string {
  return logType === "RESOURCE" ? "ResourceAccessLogs" : "AccessLogs";
}
