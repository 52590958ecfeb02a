import { anonymous, authorise } from "@pergola/iam";
import type { CompiledNetwork } from "../configuration/compile-network.ts";
import type { PassedConnection } from "./passthrough-record.ts";

/**
 * Network policy, then service policy, for the action Connect; only where one of them asks for it. Nobody can sign, so the caller is
 * anonymous. Source: VPC Lattice user guide, "TLS listeners", read 2026-11.
 * @returns whose policy denies, or undefined when the connection is allowed
 */
export function deniedBy(passed: PassedConnection, network: CompiledNetwork): string | undefined {
  const { service, sourceVpc } = passed.reached;
  if (service.auth === undefined && network.auth === undefined) return undefined;
  const { arn, account, tags } = service.snapshot;
  const { client } = passed.hello;
  const decision = authorise(
    { network: network.auth, service: service.auth, identity: undefined },
    {
      principal: anonymous,
      action: "vpc-lattice-svcs:Connect",
      resource: arn,
      serviceArn: arn,
      serviceNetworkArn: network.snapshot.arn,
      serviceAccount: account,
      serviceTags: tags,
      sourceVpc: sourceVpc?.vpcId,
      sourceVpcOwnerAccount: sourceVpc?.account,
      sourceIp: client.peerAddress,
      port: client.listenerPort,
      method: "",
      path: "",
      query: "",
      rawHeaders: [],
      secure: true,
      now: passed.startedAt,
    },
  );
  return decision.allowed ? undefined : decision.deniedBy;
}
