import { Agent, request } from "node:https";

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface ServiceClientOptions {
  /** The service's DNS name: goes into SNI and Host, and the certificate has to be good for it. */
  readonly domainName: string;
  /** Where listener port 443 is on this machine. */
  readonly port: number;
  /** The local authority's certificate, PEM. */
  readonly ca: string;
  /** Source address: decides which VPC the client is in. */
  readonly from: string;
}

/** An HTTPS client in a VPC. It verifies the service's certificate, and keeps its connections. */
export interface ServiceClient {
  call(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  close(): void;
}

export function createServiceClient({ domainName, port, ca, from }: ServiceClientOptions): ServiceClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 16, ca, localAddress: from, servername: domainName });
  const call = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const options = {
        host: "127.0.0.1",
        port,
        path,
        agent,
        headers: { host: domainName, ...headers },
        timeout: 10_000,
      };
      const outgoing = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          resolve({
            status: response.statusCode ?? 0,
            body: Buffer.concat(chunks).toString(),
            headers: response.headers,
          });
        });
      });
      outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer to ${path} within 10 s`)));
      outgoing.on("error", reject);
      outgoing.end();
    });
  return { call, close: () => agent.destroy() };
}
