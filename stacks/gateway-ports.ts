/** Where the gateway's container answers load balancers. */
export const healthPort = 8081;

/** @returns where a listener port is served in the container: ports below 1024 need more rights than it has */
export function containerPort(port: number): number {
  return port < 1024 ? 8000 + port : port;
}
