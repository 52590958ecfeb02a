import type { SourceVpc } from "@pergola/core";
import type { Candidate } from "../call.ts";
import type { CompiledNetwork } from "./compile-network.ts";
import type { Configuration } from "./configuration.ts";

/** The networks of each candidate, in the order of association; undefined where one has gone. */
export type CandidateNetworks = readonly (readonly (CompiledNetwork | undefined)[])[];

/** @returns the networks of each candidate's service, the value itself when all are in memory */
export function networksOf(
  { networks }: Configuration,
  candidates: readonly Candidate[],
): CandidateNetworks | Promise<CandidateNetworks> {
  const found = candidates.map(({ service }) => service.snapshot.networkIds.map((id) => networks.get(id)));
  return found.some((ofOne) => ofOne.some((one) => one instanceof Promise))
    ? Promise.all(found.map((ofOne) => Promise.all(ofOne)))
    : (found as CandidateNetworks);
}

/** How a client gets to a service: through a network that has both its VPC and the service. */
export interface Association extends Candidate {
  readonly network: CompiledNetwork;
  readonly sourceVpc: SourceVpc;
}

/**
 * @param source the client's VPC; `any` for whichever is associated, undefined for none
 * @returns the first way to one of the candidates, or undefined when there is none
 */
export function associationOf(
  candidates: readonly Candidate[],
  networksByCandidate: CandidateNetworks,
  source: SourceVpc | "any" | undefined,
): Association | undefined {
  if (source === undefined) return undefined;
  for (const [at, networks] of networksByCandidate.entries()) {
    for (const network of networks) {
      const sourceVpc = vpcIn(network, source);
      if (network === undefined || sourceVpc === undefined) continue;
      const { service, listener } = candidates[at] as Candidate;
      return { service, listener, network, sourceVpc };
    }
  }
  return undefined;
}

function vpcIn(network: CompiledNetwork | undefined, source: SourceVpc | "any"): SourceVpc | undefined {
  if (network === undefined) return undefined;
  if (source === "any") return network.vpcs.values().next().value;
  return network.vpcs.has(source.vpcId) ? source : undefined;
}
