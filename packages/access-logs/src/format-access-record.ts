import type { AccessRecord } from "@pergola/core";

/**
 * One line of an access log, in the field order of the log whatever the order in `record` is. About 3.6 us (bench/format.ts):
 * the literal costs next to nothing beside JSON.stringify, which Node 24 runs faster than a line concatenated by hand.
 * @returns JSON without newline
 */
export function formatAccessRecord(record: AccessRecord): string {
  const line: AccessRecord = {
    serviceNetworkArn: record.serviceNetworkArn,
    serviceArn: record.serviceArn,
    targetGroupArn: record.targetGroupArn,
    listenerType: record.listenerType,
    listenerId: record.listenerId,
    requestId: record.requestId,
    startTime: record.startTime,
    requestMethod: record.requestMethod,
    requestPath: record.requestPath,
    protocol: record.protocol,
    hostHeader: record.hostHeader,
    serverNameIndication: record.serverNameIndication,
    tlsVersion: record.tlsVersion,
    sslCipher: record.sslCipher,
    userAgent: record.userAgent,
    sourceIpPort: record.sourceIpPort,
    sourceVpcArn: record.sourceVpcArn,
    sourceVpcId: record.sourceVpcId,
    destinationVpcId: record.destinationVpcId,
    targetIpPort: record.targetIpPort,
    responseCode: record.responseCode,
    bytesReceived: record.bytesReceived,
    bytesSent: record.bytesSent,
    duration: record.duration,
    requestToTargetDuration: record.requestToTargetDuration,
    responseFromTargetDuration: record.responseFromTargetDuration,
    grpcResponseCode: record.grpcResponseCode,
    resolvedUser: record.resolvedUser,
    authDeniedReason: record.authDeniedReason,
    failureReason: record.failureReason,
    callerPrincipal: record.callerPrincipal,
    callerPrincipalOrgID: record.callerPrincipalOrgID,
    callerPrincipalTags: record.callerPrincipalTags,
    callerX509SubjectCN: record.callerX509SubjectCN,
    callerX509IssuerOU: record.callerX509IssuerOU,
    callerX509SANNameCN: record.callerX509SANNameCN,
    callerX509SANDNS: record.callerX509SANDNS,
    callerX509SANURI: record.callerX509SANURI,
  };
  return JSON.stringify(line);
}
