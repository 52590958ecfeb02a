import type { AccessRecord, PastRequest } from "@pergola/core";
import type { Explanation } from "@pergola/iam";
import { printable } from "../printable.ts";
import type { ExplainRequest } from "./explain-request.ts";
import type { Paint } from "./paint.ts";

/** A request like the one that happened, and what it cannot be like it in. */
export interface Reconstruction {
  readonly request: ExplainRequest;
  readonly notes: readonly string[];
}

/** @returns the request to explain in place of one that happened, as far as its record tells */
export function reconstruct({ record, listenerPort }: PastRequest): Reconstruction {
  const { callerPrincipal, sourceVpcId, userAgent, hostHeader, serviceArn } = record;
  const headers = [
    ...(isGiven(hostHeader) ? [{ name: "host", value: hostHeader }] : []),
    ...(isGiven(userAgent) ? [{ name: "user-agent", value: userAgent }] : []),
  ];
  const request: ExplainRequest = {
    service: isGiven(serviceArn) ? serviceArn : hostHeader.replace(/:\d+$/, ""),
    method: record.requestMethod,
    path: record.requestPath,
    as: isGiven(callerPrincipal) ? callerPrincipal : "anonymous",
    sourceIp: record.sourceIpPort.replace(/:\d+$/, "").replace(/^\[|\]$/g, ""),
    ...(isGiven(sourceVpcId) ? { from: sourceVpcId } : {}),
    ...(listenerPort === undefined ? {} : { port: listenerPort }),
    headers,
  };
  return { request, notes: notesOn(record, listenerPort) };
}

function isGiven(value: string): boolean {
  return value !== "-" && value !== "";
}

function notesOn(record: AccessRecord, listenerPort: number | undefined): string[] {
  const notes = [
    "explained with the configuration of now; the query and headers but Host and User-Agent are not in the record",
  ];
  if (record.resolvedUser === "Unknown")
    notes.push("its signature was refused, so that nobody knows the caller: explained as anonymous");
  if (record.callerPrincipal.includes(":assumed-role/"))
    notes.push("tags and policies of the session itself are not in the record");
  if (isGiven(record.serviceArn) && !isGiven(record.sourceVpcId))
    notes.push("the client was in no VPC of the service's networks: explained as from one that is");
  if (listenerPort === undefined)
    notes.push("access logs do not hold the port: explained for the service's first listener");
  return notes;
}

/** @returns what happened then, for people */
export function pastRequestText({ record, source }: PastRequest, notes: readonly string[], paint: Paint): string {
  const { requestMethod, requestPath, hostHeader, resolvedUser, callerPrincipal, sourceVpcId } = record;
  const caller = [callerPrincipal, resolvedUser, "nobody in particular"].find(isGiven);
  const deniedBy = isGiven(record.authDeniedReason) ? `denied by ${record.authDeniedReason}` : "-";
  const reasons = [record.failureReason, deniedBy].filter(isGiven);
  const lines = [
    [
      "request",
      `${record.requestId} of ${record.startTime}, from ${source === "memory" ? "memory" : "the access log"}`,
    ],
    [
      "then",
      `${record.responseCode}${reasons.length === 0 ? "" : ` ${reasons.join(", ")}`} after ${record.duration} ms`,
    ],
    ["", `${requestMethod} ${requestPath} on ${hostHeader}, target ${record.targetIpPort}`],
    ["", `as ${caller} from ${sourceVpcId} ${record.sourceIpPort}, agent ${record.userAgent}`],
    ...notes.map((note, index) => [index === 0 ? "now" : "", note]),
  ];
  return lines.map(([label = "", text = ""]) => `${paint("bold", label.padEnd(9))}${printable(text)}\n`).join("");
}

/** @returns a warning where then and now differ, else undefined */
export function differenceText({ record }: PastRequest, { decision }: Explanation): string | undefined {
  const wasDenied = isGiven(record.authDeniedReason);
  if (wasDenied === (decision === "denied")) return undefined;
  const [then, now] = wasDenied ? ["denied", decision] : ["not denied", "denied"];
  return `then ${then}, now ${now}: the configuration has changed since, or it depends on what the record does not hold`;
}
