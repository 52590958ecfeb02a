import type { Logger, SourceVpc, VpcDirectory } from "@pergola/core";
import type { Call, Candidate, Stage, Verdict } from "../call.ts";
import type { CompiledNetwork } from "../configuration/compile-network.ts";
import type { Configuration } from "../configuration/configuration.ts";

type Networks = readonly (CompiledNetwork | undefined)[];

/** Peer address → VPC → the network that has both this VPC and the service. Without one the service is not there: 404. */
export function chooseNetwork({ networks }: Configuration, vpcs: VpcDirectory, logger: Logger): Stage {
  const networksOf = ({ service }: Candidate): Networks | Promise<Networks> => {
    const found = service.snapshot.networkIds.map((id) => networks.get(id));
    return found.some((one) => one instanceof Promise) ? Promise.all(found) : (found as Networks);
  };
  return (call) => {
    const source = vpcs.vpcOf(call.exchange.connection.peerAddress);
    const found = call.candidates.map(networksOf);
    return found.some((one) => one instanceof Promise)
      ? Promise.all(found).then((all) => take(call, source, all, logger))
      : take(call, source, found as Networks[], logger);
  };
}

function take(
  call: Call,
  source: SourceVpc | "any" | undefined,
  networksByCandidate: readonly Networks[],
  logger: Logger,
): Verdict {
  const { candidates } = call;
  for (const [at, networks] of networksByCandidate.entries()) {
    for (const network of networks) {
      const vpc = source === undefined ? undefined : vpcIn(network, source);
      if (network === undefined || vpc === undefined) continue;
      const { service, listener } = candidates[at] as Candidate;
      call.service = service;
      call.listener = listener;
      call.network = network;
      call.sourceVpc = vpc;
      return undefined;
    }
  }
  const { service, listener } = candidates[0] as Candidate;
  call.service = service;
  call.listener = listener;
  logger.warn("no service network of the service has the client's VPC associated", {
    serviceId: service.snapshot.serviceId,
    peerAddress: call.exchange.connection.peerAddress,
    vpcId: source === undefined || source === "any" ? "-" : source.vpcId,
  });
  return call.fail("notAssociated");
}

function vpcIn(network: CompiledNetwork | undefined, source: SourceVpc | "any"): SourceVpc | undefined {
  if (network === undefined) return undefined;
  if (source === "any") return network.vpcs.values().next().value;
  return network.vpcs.has(source.vpcId) ? source : undefined;
}
