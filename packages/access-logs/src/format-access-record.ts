import type { AccessRecord, CallerFields } from "@pergola/core";
import { arePlain, escaped } from "./plain-texts.ts";

/**
 * One line of an access log, in the field order of the log whatever the order in `record` is. What stays the same from one request to
 * the next (service, place, caller) is put into JSON once, and the rest goes into one template as it is where JSON writes it as it is:
 * a text for each quoted field, and joining them, took half the time.
 * @returns JSON without newline
 */
export function formatAccessRecord(record: AccessRecord): string {
  const { grpcResponseCode: grpc } = record;
  const texts = arePlain(record) ? record : escaped(record);
  return (
    `${serviceText(record)}"${texts.requestId}","startTime":"${texts.startTime}"` +
    `,"requestMethod":"${texts.requestMethod}","requestPath":"${texts.requestPath}"` +
    `,"protocol":"${texts.protocol}","hostHeader":"${texts.hostHeader}"${tlsText(record)}` +
    `,"userAgent":"${texts.userAgent}","sourceIpPort":"${texts.sourceIpPort}"${placeText(record)}` +
    `,"responseCode":${record.responseCode},"bytesReceived":${record.bytesReceived}` +
    `,"bytesSent":${record.bytesSent},"duration":${record.duration}` +
    `,"requestToTargetDuration":${record.requestToTargetDuration}` +
    `,"responseFromTargetDuration":${record.responseFromTargetDuration}` +
    `,"grpcResponseCode":${grpc === "-" ? '"-"' : JSON.stringify(grpc)}${callerText(record)}}`
  );
}

/** Texts by the field that mostly tells the others; each with the fields that it was made of, which a record has to agree with. */
class KeptTexts<F> {
  #texts = new Map<string, { readonly of: F; readonly text: string }>();

  find(key: string): { readonly of: F; readonly text: string } | undefined {
    return this.#texts.get(key);
  }

  /** Some come from clients (server names, session names): few are kept, and none that is long. */
  keep(key: string, of: F, text: string): string {
    if (text.length > 4_096) return text;
    if (this.#texts.size >= 1_000) this.#texts = new Map();
    this.#texts.set(key, { of, text });
    return text;
  }
}

type WhoAndWhy = CallerFields & Pick<AccessRecord, "resolvedUser" | "authDeniedReason" | "failureReason">;

const services = new KeptTexts<
  Pick<AccessRecord, "serviceNetworkArn" | "targetGroupArn" | "listenerType" | "listenerId">
>();
const places = new KeptTexts<Pick<AccessRecord, "sourceVpcArn" | "sourceVpcId" | "destinationVpcId">>();
const callers = new KeptTexts<WhoAndWhy>();

function serviceText(record: AccessRecord): string {
  const { serviceNetworkArn, serviceArn, targetGroupArn, listenerType, listenerId } = record;
  const known = services.find(serviceArn);
  if (
    known !== undefined &&
    known.of.serviceNetworkArn === serviceNetworkArn &&
    known.of.targetGroupArn === targetGroupArn &&
    known.of.listenerType === listenerType &&
    known.of.listenerId === listenerId
  )
    return known.text;
  const fields = { serviceNetworkArn, serviceArn, targetGroupArn, listenerType, listenerId };
  return services.keep(serviceArn, fields, `${JSON.stringify(fields).slice(0, -1)},"requestId":`);
}

function tlsText({ serverNameIndication, tlsVersion, sslCipher }: AccessRecord): string {
  if (serverNameIndication === "-" && tlsVersion === "-" && sslCipher === "-") return noTls;
  return members({ serverNameIndication, tlsVersion, sslCipher });
}

const noTls = members({ serverNameIndication: "-", tlsVersion: "-", sslCipher: "-" });

function placeText(record: AccessRecord): string {
  const { sourceVpcArn, sourceVpcId, destinationVpcId, targetIpPort } = record;
  const known = places.find(targetIpPort);
  if (
    known !== undefined &&
    known.of.sourceVpcArn === sourceVpcArn &&
    known.of.sourceVpcId === sourceVpcId &&
    known.of.destinationVpcId === destinationVpcId
  )
    return known.text;
  const fields = { sourceVpcArn, sourceVpcId, destinationVpcId, targetIpPort };
  return places.keep(targetIpPort, fields, members(fields));
}

function callerText(record: AccessRecord): string {
  const known = callers.find(record.resolvedUser);
  if (known !== undefined && isSameCaller(known.of, record)) return known.text;
  const { resolvedUser, authDeniedReason, failureReason, callerPrincipal } = record;
  const { callerPrincipalOrgID, callerPrincipalTags, callerX509SubjectCN, callerX509IssuerOU } = record;
  const { callerX509SANNameCN, callerX509SANDNS, callerX509SANURI } = record;
  const fields = {
    resolvedUser,
    authDeniedReason,
    failureReason,
    callerPrincipal,
    callerPrincipalOrgID,
    callerPrincipalTags,
    callerX509SubjectCN,
    callerX509IssuerOU,
    callerX509SANNameCN,
    callerX509SANDNS,
    callerX509SANURI,
  };
  return callers.keep(resolvedUser, fields, members(fields));
}

function isSameCaller(a: WhoAndWhy, b: WhoAndWhy): boolean {
  return (
    a.authDeniedReason === b.authDeniedReason &&
    a.failureReason === b.failureReason &&
    a.callerPrincipal === b.callerPrincipal &&
    a.callerPrincipalOrgID === b.callerPrincipalOrgID &&
    a.callerPrincipalTags === b.callerPrincipalTags &&
    a.callerX509SubjectCN === b.callerX509SubjectCN &&
    a.callerX509IssuerOU === b.callerX509IssuerOU &&
    a.callerX509SANNameCN === b.callerX509SANNameCN &&
    a.callerX509SANDNS === b.callerX509SANDNS &&
    a.callerX509SANURI === b.callerX509SANURI
  );
}

function members(fields: Readonly<Record<string, unknown>>): string {
  return `,${JSON.stringify(fields).slice(1, -1)}`;
}
