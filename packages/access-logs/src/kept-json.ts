import type { AccessRecord, CallerFields } from "@pergola/core";

/**
 * What stays the same from one request to the next, as JSON bytes: by the field that mostly tells the others, each with the fields
 * that it was made of, which a record has to agree with.
 */
class KeptJson<F> {
  #kept = new Map<string, { readonly of: F; readonly bytes: Buffer }>();

  find(key: string): { readonly of: F; readonly bytes: Buffer } | undefined {
    return this.#kept.get(key);
  }

  /** Some come from clients (server names, session names): few are kept, and none that is long. */
  keep(key: string, of: F, text: string): Buffer {
    const bytes = Buffer.from(text);
    if (bytes.length > 4_096) return bytes;
    if (this.#kept.size >= 1_000) this.#kept = new Map();
    this.#kept.set(key, { of, bytes });
    return bytes;
  }
}

type WhoAndWhy = CallerFields & Pick<AccessRecord, "resolvedUser" | "authDeniedReason" | "failureReason">;

const services = new KeptJson<
  Pick<AccessRecord, "serviceNetworkArn" | "targetGroupArn" | "listenerType" | "listenerId">
>();
const places = new KeptJson<Pick<AccessRecord, "sourceVpcArn" | "sourceVpcId" | "destinationVpcId">>();
const callers = new KeptJson<WhoAndWhy>();

/** @returns the beginning of a line, to the quote that its request id begins with */
export function serviceJson(record: AccessRecord): Buffer {
  const { serviceNetworkArn, serviceArn, targetGroupArn, listenerType, listenerId } = record;
  const known = services.find(serviceArn);
  if (
    known !== undefined &&
    known.of.serviceNetworkArn === serviceNetworkArn &&
    known.of.targetGroupArn === targetGroupArn &&
    known.of.listenerType === listenerType &&
    known.of.listenerId === listenerId
  )
    return known.bytes;
  const fields = { serviceNetworkArn, serviceArn, targetGroupArn, listenerType, listenerId };
  return services.keep(serviceArn, fields, `${JSON.stringify(fields).slice(0, -1)},"requestId":"`);
}

/** @returns where the request came from and where it went, from the end of the quoted address before to the status */
export function placeJson(record: AccessRecord): Buffer {
  const { sourceVpcArn, sourceVpcId, destinationVpcId, targetIpPort } = record;
  const known = places.find(targetIpPort);
  if (
    known !== undefined &&
    known.of.sourceVpcArn === sourceVpcArn &&
    known.of.sourceVpcId === sourceVpcId &&
    known.of.destinationVpcId === destinationVpcId
  )
    return known.bytes;
  const fields = { sourceVpcArn, sourceVpcId, destinationVpcId, targetIpPort };
  return places.keep(targetIpPort, fields, `"${members(fields)},"responseCode":`);
}

/** @returns the end of a line: who called, and what went wrong */
export function callerJson(record: AccessRecord): Buffer {
  const known = callers.find(record.resolvedUser);
  if (known !== undefined && isSameCaller(known.of, record)) return known.bytes;
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
  return callers.keep(resolvedUser, fields, `${members(fields)}}`);
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

/** @returns fields as they follow others in an object */
export function members(fields: Readonly<Record<string, unknown>>): string {
  return `,${JSON.stringify(fields).slice(1, -1)}`;
}
