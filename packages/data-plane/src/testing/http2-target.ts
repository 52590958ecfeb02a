import {
  createSecureServer,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from "node:http2";
import type { AddressInfo } from "node:net";
import type { TargetGroupSnapshot } from "@pergola/core";
import { onTestFinished } from "vitest";
import { groupArn, groupId } from "./world.ts";

export interface Http2Target {
  readonly id: string;
  readonly port: number;
  readonly server: Http2Server;
  /** Every connection so far. */
  readonly sessions: ServerHttp2Session[];
}

/** A target that speaks HTTP/2. @param tls key and certificate; in clear without them */
export async function openHttp2Target(
  answer: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: string[]) => void,
  options: ServerOptions = {},
  tls?: { readonly key: string; readonly cert: string },
): Promise<Http2Target> {
  const server: Http2Server =
    tls === undefined ? createServer(options) : (createSecureServer({ ...options, ...tls }) as unknown as Http2Server);
  const sessions: ServerHttp2Session[] = [];
  server.on("session", (session) => sessions.push(session));
  server.on("stream", (stream, headers, _flags, rawHeaders) => {
    stream.on("error", () => undefined);
    answer(stream, headers, rawHeaders);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { id: "127.0.0.1", port: (server.address() as AddressInfo).port, server, sessions };
}

/** @returns the test world's target group with another configuration, for `putService` */
export function targetGroups(
  config: Partial<TargetGroupSnapshot["config"]>,
): Readonly<Record<string, TargetGroupSnapshot>> {
  const base = { port: 80, protocol: "HTTP", protocolVersion: "HTTP2", vpcIdentifier: "vpc-0dest" } as const;
  return { [groupId]: { id: groupId, arn: groupArn, type: "IP", config: { ...base, ...config } } };
}
