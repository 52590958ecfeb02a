import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/** @returns a port of the address that was free a moment ago @throws the system's error for an address of another machine */
export async function freePort(host: string): Promise<number> {
  const server = createServer().listen({ host, port: 0 });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
