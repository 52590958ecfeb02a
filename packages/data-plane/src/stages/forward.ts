import type { Call, Stage, Verdict } from "../call.ts";

interface Forwarders {
  readonly http: (call: Call) => Verdict | Promise<Verdict>;
  readonly lambda: (call: Call) => Verdict | Promise<Verdict>;
}

/** Hands the request to the kind of target that the group has. */
export function forward({ http, lambda }: Forwarders): Stage {
  return (call) => {
    // Gone while configuration was read: there is nobody to work for, and nobody would stop the work.
    if (call.exchange.isClientGone) return "taken";
    if (isWebSocket(call)) return call.fail("upgradeNotSupported");
    return call.targetGroup?.type === "LAMBDA" ? lambda(call) : http(call);
  };
}

/**
 * A WebSocket client cannot do without the upgrade; other upgrades (h2c, which some HTTP clients offer on every request) may be
 * ignored. Source: VPC Lattice user guide, "Listeners" (no WebSocket on HTTP listeners); RFC 9110 §7.8.
 */
function isWebSocket({ exchange }: Call): boolean {
  const { rawHeaders } = exchange.head;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length !== "upgrade".length || name.toLowerCase() !== "upgrade") continue;
    if ((rawHeaders[i + 1] as string).toLowerCase().includes("websocket")) return true;
  }
  return false;
}
