import type { Call, Stage, Verdict } from "../call.ts";
import type { FailureCause } from "../failure.ts";

interface Forwarders {
  readonly http: (call: Call) => Verdict | Promise<Verdict>;
  readonly lambda: (call: Call) => Verdict | Promise<Verdict>;
}

/** Hands the request to the kind of target that the group has. */
export function forward({ http, lambda }: Forwarders): Stage {
  return (call) => {
    // Gone while configuration was read: there is nobody to work for, and nobody would stop the work.
    if (call.exchange.isClientGone) return "taken";
    const refused = upgradeFault(call);
    if (refused !== undefined) return call.fail(refused);
    return call.targetGroup?.type === "LAMBDA" ? lambda(call) : http(call);
  };
}

/** A client that wants another protocol gets it from targets of HTTP/1.1 only, the version that has upgrades. RFC 9110 §7.8. */
function upgradeFault({ exchange, targetGroup }: Call): FailureCause | undefined {
  if (exchange.upgrade === undefined) return undefined;
  // A body that the target leaves unread would be taken for the beginning of the other protocol.
  if (exchange.contentLength !== 0) return "upgradeWithBody";
  const { protocolVersion = "HTTP1" } = targetGroup?.config ?? {};
  return targetGroup?.type === "LAMBDA" || protocolVersion !== "HTTP1" ? "upgradeNotSupported" : undefined;
}
