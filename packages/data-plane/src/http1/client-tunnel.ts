import type { Socket } from "node:net";
import { Tunnel, type TunnelSettings } from "../tcp/tunnel.ts";
import { tunnelFailures } from "../tcp/tunnel-failure.ts";
import type { Http1Exchange } from "./http1-exchange.ts";

/**
 * Joins a client with the target that has gone over to the protocol its request asks for. What goes through counts for the request.
 * @param client nobody listens to it any more
 * @param onEnd called once, when the request is over
 */
export function openClientTunnel(
  exchange: Http1Exchange,
  client: Socket,
  target: Socket,
  settings: Omit<TunnelSettings, "onEnd">,
  onEnd: () => void,
): Tunnel {
  const tunnel = new Tunnel(client, target, {
    ...settings,
    onEnd: (end) => {
      exchange.bodyBytesReceived += tunnel.bytesFromClient;
      exchange.bytesSent += tunnel.bytesFromTarget;
      exchange.hasEnded = true;
      const cause = tunnelFailures[end];
      if (cause !== undefined) exchange.call?.fail(cause);
      onEnd();
    },
  });
  return tunnel;
}
