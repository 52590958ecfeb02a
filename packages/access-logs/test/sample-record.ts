import type { AccessRecord, LogSubscriptionSnapshot } from "@pergola/core";

/** A record as of an answered request, with a number of its own in the path. */
export function sampleRecord(n: number): AccessRecord {
  return {
    serviceNetworkArn: "arn:aws:vpc-lattice:us-west-2:123456789012:servicenetwork/sn-0123456789abcdef0",
    serviceArn: "arn:aws:vpc-lattice:us-west-2:123456789012:service/svc-0123456789abcdef0",
    targetGroupArn: "arn:aws:vpc-lattice:us-west-2:123456789012:targetgroup/tg-0123456789abcdef0",
    listenerType: "-",
    listenerId: "-",
    requestId: "6f0c53a1-0d6a-4d33-9a3b-0f6f2f1f7c11",
    startTime: "2026-11-23T10:11:12Z",
    requestMethod: "GET",
    requestPath: `/orders/${n}`,
    protocol: "HTTP/1.1",
    hostHeader: "orders.example.com",
    serverNameIndication: "-",
    tlsVersion: "-",
    sslCipher: "-",
    userAgent: "curl/8.5.0",
    sourceIpPort: "10.0.1.8:48212",
    sourceVpcArn: "arn:aws:ec2:us-west-2:123456789012:vpc/vpc-0aaa1111bbb2222cc",
    sourceVpcId: "vpc-0aaa1111bbb2222cc",
    destinationVpcId: "-",
    targetIpPort: "10.0.2.9:8080",
    responseCode: 200,
    bytesReceived: 120,
    bytesSent: 310,
    duration: 12,
    requestToTargetDuration: 1,
    responseFromTargetDuration: 11,
    grpcResponseCode: "-",
    resolvedUser: "Anonymous",
    authDeniedReason: "-",
    failureReason: "-",
    callerPrincipal: "-",
    callerPrincipalOrgID: "-",
    callerPrincipalTags: "-",
    callerX509SubjectCN: "-",
    callerX509IssuerOU: "-",
    callerX509SANNameCN: "-",
    callerX509SANDNS: "-",
    callerX509SANURI: "-",
  };
}

const shared = { resourceId: "svc-0123456789abcdef0", account: "123456789012", region: "us-west-2" };

export const cloudwatch: LogSubscriptionSnapshot = {
  ...shared,
  id: "als-0000000000000000a",
  destinationKind: "cloudwatch",
  destinationArn: "arn:aws:logs:us-west-2:123456789012:log-group:/lattice/orders:*",
};
export const s3: LogSubscriptionSnapshot = {
  ...shared,
  id: "als-0000000000000000b",
  destinationKind: "s3",
  destinationArn: "arn:aws:s3:::access-logs/team/a",
};
export const firehose: LogSubscriptionSnapshot = {
  ...shared,
  id: "als-0000000000000000c",
  destinationKind: "firehose",
  destinationArn: "arn:aws:firehose:us-west-2:123456789012:deliverystream/orders",
};
