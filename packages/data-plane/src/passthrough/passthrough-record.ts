import { type AccessRecord, type FailureReason, monotonicNow, type TargetGroupSnapshot, vpcArn } from "@pergola/core";
import type { Candidate } from "../call.ts";
import type { Association } from "../configuration/associated-network.ts";
import { addressText } from "../target-address.ts";
import { callerFields, secondText } from "../write-record.ts";
import type { HelloConnection } from "./hello-connection.ts";

/** A connection that is passed through: what is known of it so far. */
export class PassedConnection {
  readonly hello: HelloConnection;
  /** Without a network where the client's VPC is in none of the service's. */
  readonly reached: Candidate & Partial<Association>;
  readonly requestId: string;
  readonly startedAt: Date;
  /** Milliseconds of the monotonic clock. */
  readonly startedMs = monotonicNow();
  targetGroup: TargetGroupSnapshot | undefined = undefined;
  targetAddress = "-";
  authDeniedReason = "-";
  failure: FailureReason | "-" = "-";
  bytesReceived: number;
  bytesSent = 0;

  constructor(hello: HelloConnection, reached: PassedConnection["reached"], requestId: string, startedAt: Date) {
    this.hello = hello;
    this.reached = reached;
    this.requestId = requestId;
    this.startedAt = startedAt;
    this.bytesReceived = hello.bytes.length;
  }
}

/**
 * The access record of a connection: what HTTP or a TLS session of one's own would tell is `-`.
 * Source: VPC Lattice user guide, "Access log contents", read 2026-11, which does not go into TLS listeners.
 */
export function passthroughRecord(passed: PassedConnection): AccessRecord {
  const { hello, reached, targetGroup } = passed;
  const { service, network, sourceVpc } = reached;
  const { peerAddress, peerPort } = hello.client;
  const isAuthorised = service.auth !== undefined || network?.auth !== undefined;
  return {
    serviceNetworkArn: network?.snapshot.arn ?? "-",
    serviceArn: service.snapshot.arn,
    targetGroupArn: targetGroup?.arn ?? "-",
    listenerType: "-",
    listenerId: "-",
    requestId: passed.requestId,
    startTime: secondText(passed.startedAt.getTime()),
    requestMethod: "-",
    requestPath: "-",
    protocol: "-",
    hostHeader: "-",
    serverNameIndication: hello.serverName,
    tlsVersion: "-",
    sslCipher: "-",
    userAgent: "-",
    sourceIpPort: addressText({ host: peerAddress, port: peerPort }),
    sourceVpcArn: sourceVpc === undefined ? "-" : vpcArn(service.snapshot.region, sourceVpc.account, sourceVpc.vpcId),
    sourceVpcId: sourceVpc?.vpcId ?? "-",
    destinationVpcId: targetGroup?.config.vpcIdentifier ?? "-",
    targetIpPort: passed.targetAddress,
    responseCode: "-",
    bytesReceived: passed.bytesReceived,
    bytesSent: passed.bytesSent,
    duration: Math.round(monotonicNow() - passed.startedMs),
    requestToTargetDuration: 0,
    responseFromTargetDuration: 0,
    grpcResponseCode: "-",
    resolvedUser: isAuthorised ? "Anonymous" : "-",
    authDeniedReason: passed.authDeniedReason,
    failureReason: passed.failure,
    ...callerFields(undefined),
  };
}
