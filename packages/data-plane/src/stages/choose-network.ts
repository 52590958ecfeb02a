import type { Logger, SourceVpc, VpcDirectory } from "@pergola/core";
import type { Call, Candidate, Stage, Verdict } from "../call.ts";
import { associationOf, type CandidateNetworks, networksOf } from "../configuration/associated-network.ts";
import type { Configuration } from "../configuration/configuration.ts";

/** Peer address → VPC → the network that has both this VPC and the service. Without one the service is not there: 404. */
export function chooseNetwork(configuration: Configuration, vpcs: VpcDirectory, logger: Logger): Stage {
  return (call) => {
    const source = vpcs.vpcOf(call.exchange.connection.peerAddress);
    const found = networksOf(configuration, call.candidates);
    return found instanceof Promise
      ? found.then((networks) => take(call, source, networks, logger))
      : take(call, source, found, logger);
  };
}

function take(call: Call, source: SourceVpc | "any" | undefined, networks: CandidateNetworks, logger: Logger): Verdict {
  const association = associationOf(call.candidates, networks, source);
  const { service, listener } = association ?? (call.candidates[0] as Candidate);
  call.service = service;
  call.listener = listener;
  if (association !== undefined) {
    call.network = association.network;
    call.sourceVpc = association.sourceVpc;
    return undefined;
  }
  logger.warn("no service network of the service has the client's VPC associated", {
    serviceId: service.snapshot.serviceId,
    peerAddress: call.exchange.connection.peerAddress,
    vpcId: source === undefined || source === "any" ? "-" : source.vpcId,
  });
  return call.fail("notAssociated");
}
