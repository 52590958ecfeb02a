import {
  type AccessRecord,
  type CallerFields,
  headerValue,
  type LogSubscriptionSnapshot,
  type SourceVpc,
  vpcArn,
} from "@pergola/core";
import type { AwsPrincipal } from "@pergola/iam";
import type { Call } from "./call.ts";
import { lineLength } from "./head-size.ts";
import type { DataPlanePorts } from "./ports.ts";
import { addressText } from "./target-address.ts";

/**
 * Writes the access record of a finished request where its service or network logs, and shows it to `recent`.
 * @param ended milliseconds of the monotonic clock
 */
export function writeRecord(
  call: Call,
  { records, recent }: Pick<DataPlanePorts, "records" | "recent">,
  ended: number,
): void {
  const destinations = destinationsOf(call);
  if (destinations.length === 0 && recent === undefined) return;
  const record = recordOf(call, ended);
  recent?.add(record, call.exchange.connection.listenerPort, requestHeadSize(call));
  if (destinations.length > 0) records.write(record, destinations);
}

const none: readonly LogSubscriptionSnapshot[] = [];

/** @returns the subscriptions of a service and of the network that it was reached through */
export function destinationsOf({
  service,
  network,
}: Pick<Call, "service" | "network">): readonly LogSubscriptionSnapshot[] {
  const ofService = service?.snapshot.logSubscriptions ?? none;
  const ofNetwork = network?.snapshot.logSubscriptions ?? none;
  if (ofNetwork.length === 0) return ofService;
  return ofService.length === 0 ? ofNetwork : [...ofService, ...ofNetwork];
}

function recordOf(call: Call, ended: number): AccessRecord {
  const { exchange, service, network, sourceVpc, targetGroup } = call;
  const { head, connection } = exchange;
  const { tls } = connection;
  const caller = callerFields(call.principal.kind === "aws" ? call.principal : undefined);
  return {
    serviceNetworkArn: network?.snapshot.arn ?? "-",
    serviceArn: service?.snapshot.arn ?? "-",
    targetGroupArn: targetGroup?.arn ?? "-",
    // Real records have `-` here. Source: public samples, read 2026-11.
    listenerType: "-",
    listenerId: "-",
    requestId: call.requestId,
    startTime: secondText(call.now.getTime()),
    requestMethod: head.method,
    requestPath: head.path,
    protocol: head.protocol,
    hostHeader: head.host === "" ? "-" : head.host,
    serverNameIndication: tls?.serverName ?? "-",
    tlsVersion: tls?.version ?? "-",
    sslCipher: tls?.cipher ?? "-",
    userAgent: headerValue(head.rawHeaders, "user-agent") ?? "-",
    sourceIpPort: addressText({ host: connection.peerAddress, port: connection.peerPort }),
    sourceVpcArn: sourceVpc && service ? arnOf(service.snapshot.region, sourceVpc) : "-",
    sourceVpcId: sourceVpc?.vpcId ?? "-",
    destinationVpcId: targetGroup?.config.vpcIdentifier ?? "-",
    targetIpPort: call.targetAddress,
    responseCode: call.status,
    bytesReceived: requestHeadSize(call) + exchange.bodyBytesReceived,
    bytesSent: exchange.bytesSent,
    duration: Math.round(ended - call.startedAt),
    requestToTargetDuration: requestLeg(call, ended),
    responseFromTargetDuration: responseLeg(call, ended),
    grpcResponseCode: call.grpcStatus,
    resolvedUser: call.resolvedUser,
    authDeniedReason: call.authDeniedReason,
    failureReason: call.failure,
    // One by one: copied as a rest, they made a third of what it takes to put a record together.
    callerPrincipal: caller.callerPrincipal,
    callerPrincipalOrgID: caller.callerPrincipalOrgID,
    callerPrincipalTags: caller.callerPrincipalTags,
    callerX509SubjectCN: caller.callerX509SubjectCN,
    callerX509IssuerOU: caller.callerX509IssuerOU,
    callerX509SANNameCN: caller.callerX509SANNameCN,
    callerX509SANDNS: caller.callerX509SANDNS,
    callerX509SANURI: caller.callerX509SANURI,
  };
}

let lastRegion = "";
let lastVpc: SourceVpc = { vpcId: "", account: "" };
let lastArn = "";

/** Requests mostly come from the same VPC as the one before: the text of its ARN is kept. */
function arnOf(region: string, vpc: SourceVpc): string {
  if (region !== lastRegion || vpc.vpcId !== lastVpc.vpcId || vpc.account !== lastVpc.account) {
    lastArn = vpcArn(region, vpc.account, vpc.vpcId);
    lastRegion = region;
    lastVpc = vpc;
  }
  return lastArn;
}

let lastSecond = Number.NaN;
let lastText = "";

/** @returns ISO 8601 in seconds. The text of the last second is kept: making one for each request was half of what a record costs. */
export function secondText(milliseconds: number): string {
  const second = Math.floor(milliseconds / 1_000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastText = new Date(second * 1_000).toISOString().replace(".000Z", "Z");
  }
  return lastText;
}

/** From handing the request over until it is sent whole, or until now when it never was. */
function requestLeg({ forwardedAt, requestSentAt, respondedAt }: Call, ended: number): number {
  if (forwardedAt === 0) return 0;
  return Math.round((requestSentAt || respondedAt || ended) - forwardedAt);
}

/** From there to the end of the response. */
function responseLeg({ forwardedAt, requestSentAt, respondedAt }: Call, ended: number): number {
  const from = requestSentAt || respondedAt;
  return forwardedAt === 0 || from === 0 ? 0 : Math.round(ended - from);
}

function requestHeadSize({ exchange: { head, section } }: Call): number {
  if (section?.isPlain === true) return section.head.length;
  return head.method.length + head.target.length + head.protocol.length + 4 + lineLength(head.rawHeaders);
}

const noCaller: CallerFields = {
  callerPrincipal: "-",
  callerPrincipalOrgID: "-",
  callerPrincipalTags: "-",
  callerX509SubjectCN: "-",
  callerX509IssuerOU: "-",
  callerX509SANNameCN: "-",
  callerX509SANDNS: "-",
  callerX509SANURI: "-",
};

/** By the caller, who sends many requests. */
const known = new WeakMap<AwsPrincipal, CallerFields>();

/** @returns what a record says of the caller; undefined for an anonymous one */
export function callerFields(principal: AwsPrincipal | undefined): CallerFields {
  if (principal === undefined) return noCaller;
  const kept = known.get(principal);
  if (kept !== undefined) return kept;
  const { arn, orgId, tags } = principal;
  const callerPrincipalTags = tagList(tags);
  const fields = { ...noCaller, callerPrincipal: arn, callerPrincipalOrgID: orgId ?? "-", callerPrincipalTags };
  known.set(principal, fields);
  return fields;
}

function tagList(tags: Readonly<Record<string, string>>): string {
  const list = Object.entries(tags).map(([key, value]) => `${key}=${value}`);
  return list.length === 0 ? "-" : list.join(";");
}
