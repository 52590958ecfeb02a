import { Agent, request } from "node:http";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import { text } from "node:stream/consumers";
import aws4 from "aws4";
import { sceneRegion, sceneUser } from "./scene.ts";

export interface PlainRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface PlainAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As Pergola gave it out. */
  readonly requestId: string;
}

/** A client over HTTP that keeps its connections. */
export interface PlainClient extends Disposable {
  /** @throws the socket's error, or when there is no answer within 30 s */
  send(request: PlainRequest): Promise<PlainAnswer>;
}

/**
 * @param host the service's DNS name
 * @param port where the listener is on this machine
 * @param ca of the server's authority; without it the client speaks in clear
 */
export function openPlainClient(host: string, port: number, maxSockets = 64, ca?: string | Buffer): PlainClient {
  const kept = { keepAlive: true, maxSockets };
  const agent = ca === undefined ? new Agent(kept) : new TlsAgent({ ...kept, ca, servername: host });
  const send = ca === undefined ? request : tlsRequest;
  return {
    send: ({ method = "GET", path, headers = {}, body }) =>
      new Promise((resolve, reject) => {
        const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
        const options = { host: "127.0.0.1", port, method, path, agent, headers: { host, ...length, ...headers } };
        const outgoing = send({ ...options, timeout: 30_000 }, (response) => {
          const { statusCode: status = 0, headers: got } = response;
          text(response).then(
            (body) => resolve({ status, body, headers: got, requestId: String(got["x-amzn-requestid"]) }),
            reject,
          );
        });
        outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer to ${method} ${path} within 30 s`)));
        outgoing.on("error", reject);
        outgoing.end(body);
      }),
    [Symbol.dispose]: () => agent.destroy(),
  };
}

/** @returns headers of the scene's user, signed with aws4, which shares no code with Pergola */
export function signedHeaders(host: string, method: string, path: string): Record<string, string> {
  const unsigned = {
    host,
    method,
    path,
    service: "vpc-lattice-svcs",
    region: sceneRegion,
    headers: { host, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
  };
  return aws4.sign(unsigned, sceneUser).headers as Record<string, string>;
}

/** Runs `task` for 0 … `count` - 1, `concurrency` at a time. @throws what the first failing one throws */
export async function inParallel(
  count: number,
  concurrency: number,
  task: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await task(next - 1);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
}
