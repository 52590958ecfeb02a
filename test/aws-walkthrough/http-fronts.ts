import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { UrlResponse } from "../lambda/url-response.ts";
import { bodyOf } from "./aws-endpoint.ts";

/** What stands between HTTP and a function: makes an event of a request, and a response of the function's result. */
interface Front {
  toEvent(incoming: IncomingMessage, body: Buffer): unknown;
  /** Names and values in turn. */
  headersOf(result: UrlResponse): string[];
}

/** Who may call a function URL with AWS_IAM, by access key id. Whether the signature is good is Lambda's part, which is not played here. */
export type IamCallers = Readonly<Record<string, { readonly accountId: string; readonly userArn: string }>>;

const urlHost = "abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-west-2.on.aws";

/**
 * A function URL; without `callers` one with auth type NONE behind CloudFront, which says in X-Forwarded-Host what the client asked for.
 * Source: Lambda developer guide, "Invoking function URLs", payload format 2.0, read 2026-11.
 * @param sourceIp the address of every client
 */
export function functionUrl(sourceIp: string, callers?: IamCallers): Front {
  return urlFront(sourceIp, callers, ({ headers }) => ({ host: urlHost, "x-forwarded-host": headers.host }));
}

/** A function URL with auth type NONE that clients call themselves, by the name that they sign for. */
export function directFunctionUrl(sourceIp: string): Front {
  return urlFront(sourceIp, undefined, ({ headers }) => ({ host: headers.host }));
}

type HostHeaders = (incoming: IncomingMessage) => Readonly<Record<string, string | undefined>>;

function urlFront(sourceIp: string, callers: IamCallers | undefined, hostsOf: HostHeaders): Front {
  return {
    toEvent(incoming, body) {
      const [rawPath = "/", rawQueryString = ""] = splitTarget(incoming);
      const method = incoming.method ?? "GET";
      const iam = callers && callerOf(incoming, callers);
      const headers = Object.fromEntries(
        Object.entries(clientHeaders(incoming)).map(([name, values]) => [name, values.join(",")]),
      );
      return {
        version: "2.0",
        routeKey: "$default",
        rawPath,
        rawQueryString,
        headers: {
          ...headers,
          ...hostsOf(incoming),
          "x-forwarded-for": sourceIp,
          "x-forwarded-proto": "https",
          "x-forwarded-port": "443",
          "x-amzn-tls-version": "TLSv1.3",
          "x-amzn-tls-cipher-suite": "TLS_AES_128_GCM_SHA256",
        },
        requestContext: {
          accountId: iam?.accountId ?? "anonymous",
          ...(iam && { authorizer: { iam } }),
          http: { method, path: rawPath, protocol: "HTTP/1.1", sourceIp, userAgent: incoming.headers["user-agent"] },
          stage: "$default",
        },
        ...(body.length > 0 && { body: body.toString("base64") }),
        isBase64Encoded: body.length > 0,
      };
    },
    headersOf: ({ headers, cookies }) => [
      ...Object.entries(headers).flat(),
      ...cookies.flatMap((cookie) => ["set-cookie", cookie]),
    ],
  };
}

/**
 * A load balancer whose target group has multi-value headers on.
 * Source: Elastic Load Balancing user guide, "Lambda functions as targets", read 2026-11.
 * @param sourceIp the address of every client
 */
export function loadBalancer(sourceIp: string): Front {
  const targetGroupArn = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/router/0123456789abcdef";
  return {
    toEvent(incoming, body) {
      const [path = "/", query = ""] = splitTarget(incoming);
      const multiValueQueryStringParameters: Record<string, string[]> = {};
      for (const part of query === "" ? [] : query.split("&")) {
        const [name = "", value = ""] = part.split("=", 2);
        multiValueQueryStringParameters[name] = [...(multiValueQueryStringParameters[name] ?? []), value];
      }
      return {
        requestContext: { elb: { targetGroupArn } },
        httpMethod: incoming.method,
        path,
        multiValueQueryStringParameters,
        multiValueHeaders: {
          ...clientHeaders(incoming),
          host: [incoming.headers.host ?? ""],
          "x-forwarded-for": [sourceIp],
          "x-forwarded-proto": ["https"],
          "x-forwarded-port": ["443"],
        },
        body: body.toString("base64"),
        isBase64Encoded: true,
      };
    },
    headersOf(result) {
      const { multiValueHeaders } = result as unknown as { multiValueHeaders: Record<string, readonly string[]> };
      return Object.entries(multiValueHeaders).flatMap(([name, values]) => values.flatMap((value) => [name, value]));
    },
  };
}

/** Serves a function over HTTP. */
export async function serveFunction(
  front: Front,
  environments: { invoke(event: unknown): Promise<UrlResponse> },
): Promise<{ readonly url: string; close(): void }> {
  // Longer than any client keeps a connection: one that is closed while a request is on its way would look like a fault.
  const server = createServer({ keepAliveTimeout: 600_000 }, (incoming, response) => {
    const answer = async (): Promise<void> => {
      const event = front.toEvent(incoming, await bodyOf(incoming));
      const result = await environments.invoke(event);
      if (result.brokenOff) throw new Error("the function broke off its response");
      response.writeHead(result.statusCode, withLength(front.headersOf(result), result.body.length));
      response.end(result.body);
    };
    answer().catch((error: unknown) => {
      if (error instanceof Forbidden) response.writeHead(403).end('{"Message":"Forbidden"}');
      // As both fronts answer for a function that failed.
      else response.writeHead(502).end(`the function failed: ${String(error)}`);
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A streamed response may say its length, a buffered one does not. @throws Error when what it says is not so */
function withLength(headers: readonly string[], length: number): string[] {
  const kept: string[] = ["content-length", String(length)];
  for (let i = 0; i < headers.length; i += 2) {
    const [name = "", value = ""] = headers.slice(i, i + 2);
    if (name.toLowerCase() !== "content-length") kept.push(name, value);
    else if (value !== String(length)) throw new Error(`${length} bytes came as content-length ${value}`);
  }
  return kept;
}

class Forbidden extends Error {
  override readonly name = "Forbidden";
}

function callerOf({ headers }: IncomingMessage, callers: IamCallers): Readonly<Record<string, unknown>> {
  const [, accessKey = ""] = /^AWS4-HMAC-SHA256 Credential=([A-Z0-9]+)\//.exec(headers.authorization ?? "") ?? [];
  const caller = callers[accessKey];
  if (caller === undefined) throw new Forbidden();
  return { ...caller, accessKey, callerId: "AIDAEXAMPLE", userId: "AIDAEXAMPLE", cognitoIdentity: null };
}

function splitTarget({ url = "/" }: IncomingMessage): [path: string, query: string] {
  const at = url.indexOf("?");
  return at === -1 ? [url, ""] : [url.slice(0, at), url.slice(at + 1)];
}

/** What both fronts take from the client: everything but what they say themselves. */
function clientHeaders({ headersDistinct }: IncomingMessage): Record<string, string[]> {
  const own = /^(host|connection|keep-alive|transfer-encoding|content-length|x-forwarded-.*|x-amzn-tls-.*)$/;
  const kept = Object.entries(headersDistinct).filter(([name]) => !own.test(name));
  return Object.fromEntries(kept) as Record<string, string[]>;
}
