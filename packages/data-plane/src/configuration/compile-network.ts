import type { Logger, NetworkSnapshot, SourceVpc } from "@pergola/core";
import { compilePolicySide, type PolicySide } from "./compile-policy.ts";

export interface CompiledNetwork {
  readonly snapshot: NetworkSnapshot;
  /** Present when the network's authType is AWS_IAM. */
  readonly auth: PolicySide | undefined;
  readonly vpcs: ReadonlyMap<string, SourceVpc>;
}

/** @returns the form of a network snapshot that requests are answered from */
export function compileNetwork(snapshot: NetworkSnapshot, logger: Logger): CompiledNetwork {
  const { networkId, vpcs } = snapshot;
  return {
    snapshot,
    auth: compilePolicySide(snapshot, networkId, logger),
    vpcs: new Map(vpcs.map(({ vpcId, account }) => [vpcId, { vpcId, account }])),
  };
}
