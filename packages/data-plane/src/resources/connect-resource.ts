import type { Socket } from "node:net";
import { connectTarget } from "../tcp/connect-target.ts";
import type { ResourceGatewayPorts } from "./ports.ts";
import { placeOf } from "./resource-addresses.ts";
import type { ResourceConnection } from "./resource-connection.ts";

interface Ways extends Pick<ResourceGatewayPorts, "resolver" | "databases" | "isOwnAddress" | "logger"> {
  /** Milliseconds for each address. */
  readonly connectTimeout: number;
}

/** Addresses of a resource that a client waits for. */
const maxAttempts = 3;

/**
 * Connects to a resource: to the address whose turn it is, or else to the next ones.
 * @param port that the client connected to
 * @param turn a number that moves on with each connection
 * @returns undefined when it is not reached, for a reason that the log has
 * @throws what keeps its name from being looked up
 */
export async function connectResource(
  { endpoint, client }: ResourceConnection,
  port: number,
  turn: number,
  ways: Ways,
): Promise<Socket | undefined> {
  const { logger, isOwnAddress, connectTimeout } = ways;
  const details = { associationId: endpoint.associationId, resourceConfigurationArn: endpoint.resource.arn };
  const place = await placeOf(endpoint.resource.definition, port, ways);
  const addresses = place?.addresses.filter((address) => !isOwnAddress(address)) ?? [];
  if (place === undefined || addresses.length === 0) {
    logger.warn("nobody knows where a resource is, or it would be reached through itself", details);
    return undefined;
  }
  const gone = new AbortController();
  client.once("close", () => gone.abort());
  if (client.destroyed) gone.abort();
  for (let attempt = 0; attempt < Math.min(maxAttempts, addresses.length) && !gone.signal.aborted; attempt += 1) {
    const host = addresses[(turn + attempt) % addresses.length] as string;
    try {
      return await connectTarget({ host, port: place.port }, connectTimeout, gone.signal);
    } catch (error) {
      logger.warn("a resource was not reached", { ...details, address: host, port: place.port, error: String(error) });
    }
  }
  return undefined;
}
