/**
 * One line of a service's access log, in the field order in which it is written. A missing value is the string `-`.
 * Source: VPC Lattice user guide, "Access log contents", and public sample lines, read 2026-11.
 */
export interface AccessRecord {
  readonly serviceNetworkArn: string;
  readonly serviceArn: string;
  readonly targetGroupArn: string;
  readonly listenerType: string;
  readonly listenerId: string;
  readonly requestId: string;
  /** ISO 8601, seconds, `Z`. */
  readonly startTime: string;
  readonly requestMethod: string;
  /** Without the query: it can hold secrets. */
  readonly requestPath: string;
  readonly protocol: string;
  readonly hostHeader: string;
  readonly serverNameIndication: string;
  readonly tlsVersion: string;
  readonly sslCipher: string;
  readonly userAgent: string;
  readonly sourceIpPort: string;
  readonly sourceVpcArn: string;
  readonly sourceVpcId: string;
  readonly destinationVpcId: string;
  readonly targetIpPort: string;
  /** `-` where there is no HTTP, as behind TLS passthrough. */
  readonly responseCode: number | "-";
  /** Bytes of the request body and head, and of the response's. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Milliseconds, whole. */
  readonly duration: number;
  readonly requestToTargetDuration: number;
  readonly responseFromTargetDuration: number;
  readonly grpcResponseCode: string | number;
  /** Caller ARN, `Anonymous`, `Unknown` (signature that does not verify) or `-`. */
  readonly resolvedUser: string;
  readonly authDeniedReason: string;
  readonly failureReason: FailureReason | "-";
  readonly callerPrincipal: string;
  readonly callerPrincipalOrgID: string;
  readonly callerPrincipalTags: string;
  readonly callerX509SubjectCN: string;
  readonly callerX509IssuerOU: string;
  readonly callerX509SANNameCN: string;
  readonly callerX509SANDNS: string;
  readonly callerX509SANURI: string;
}

/** What a record says of the caller. */
export type CallerFields = Pick<AccessRecord, Extract<keyof AccessRecord, `caller${string}`>>;

/** Why a request failed. Source: VPC Lattice user guide, access logs, read 2026-11. */
export type FailureReason =
  | "TargetConnectionError"
  | "TargetProtocolError"
  | "TargetDataTimeout"
  | "TargetConnectionClosed"
  | "ClientConnectionClosed"
  | "ClientRateLimited"
  | "ClientAccessDenied"
  | "ClientProtocolError"
  | "ConnectionDurationExceeded"
  | "InternalError";
