import { Agent, request } from "node:http";
import type { Answer } from "../walkthrough/service-client.ts";
import { bodyOf } from "./aws-endpoint.ts";

/** A client of a service, whichever front is before it: it keeps its connections, and asks for the service by its name. */
export interface FrontClient {
  call(baseUrl: string, path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  close(): void;
}

/** @param domainName the service's DNS name */
export function createFrontClient(domainName: string): FrontClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  return {
    call: (baseUrl, path, headers = {}) =>
      new Promise((resolve, reject) => {
        const options = { agent, headers: { host: domainName, ...headers } };
        const outgoing = request(`${baseUrl}${path}`, options, (response) => {
          bodyOf(response)
            .then((body) =>
              resolve({ status: response.statusCode ?? 0, body: body.toString(), headers: response.headers }),
            )
            .catch(reject);
        });
        outgoing.on("error", reject);
        outgoing.end();
      }),
    close: () => agent.destroy(),
  };
}
