import type { Call, Candidate, Stage, Verdict } from "../call.ts";
import type { CompiledListener, CompiledService } from "../configuration/compile-service.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { type NamedServices, servicesByName } from "../configuration/services-by-name.ts";
import type { ClientConnection } from "../exchange.ts";

/**
 * Host and listener port → the services that may be meant; more than one only where services of different networks have the
 * same custom domain name. Under TLS the server name has to name the same service as Host: otherwise the client has checked
 * the certificate of one service and asks another, and it gets the 404 of an unknown name.
 */
export function resolveService(configuration: Configuration): Stage {
  const byName = servicesByName(configuration);
  return (call) => {
    const found = byName(call.exchange.head.host);
    return found instanceof Promise ? found.then((all) => take(call, all)) : take(call, found);
  };
}

function take(call: Call, services: NamedServices): Verdict {
  const { head, connection } = call.exchange;
  const candidates: Candidate[] = [];
  for (const service of services) {
    if (service === undefined || !answersTo(service, head.host, connection)) continue;
    const listener = listenerFor(service, connection);
    if (listener !== undefined) candidates.push({ service, listener });
  }
  const [first] = candidates;
  if (first === undefined) return call.fail("unknownService");
  call.candidates = candidates;
  call.exchange.setIdleTimeout(first.service.idleTimeoutMs);
  return undefined;
}

function answersTo(service: CompiledService, host: string, { tls }: ClientConnection): boolean {
  if (!service.names.has(host)) return false;
  return tls === undefined || tls.serverName === host || service.names.has(tls.serverName);
}

function listenerFor(service: CompiledService, { tls, listenerPort }: ClientConnection): CompiledListener | undefined {
  const protocol = tls === undefined ? "HTTP" : "HTTPS";
  for (const listener of service.listeners) {
    if (listener.port === listenerPort && listener.protocol === protocol) return listener;
  }
  return undefined;
}
