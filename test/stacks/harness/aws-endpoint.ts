import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { account, region } from "./account.ts";

/** What the sst command itself asks of AWS: parameters of Systems Manager, and objects of the bucket with its state. In memory. */
export interface AwsEndpoint {
  readonly url: string;
  /** What was asked for and is not known here; a test expects none. */
  readonly unknown: readonly string[];
  close(): void;
}

const bootstrap = {
  version: 99,
  asset: `sst-asset-${region}`,
  state: `sst-state-${region}`,
  assetEcrRegistryId: account,
  assetEcrUrl: `${account}.dkr.ecr.${region}.amazonaws.com/sst-asset`,
  appsyncHttp: "",
  appsyncRealtime: "",
};

/** Listens on a free port of the loopback interface. */
export async function startAwsEndpoint(): Promise<AwsEndpoint> {
  const parameters = new Map([["/sst/bootstrap", JSON.stringify(bootstrap)]]);
  const objects = new Map<string, Buffer>();
  const unknown: string[] = [];

  const answerSystemsManager = (target: string, body: Buffer, response: ServerResponse): void => {
    const { Name, Value } = JSON.parse(body.toString()) as { Name: string; Value?: string };
    const json = (status: number, value: unknown): void => {
      response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(value));
    };
    if (target === "AmazonSSM.GetParameter") {
      const found = parameters.get(Name);
      if (found === undefined) json(400, { __type: "ParameterNotFound" });
      else json(200, { Parameter: { Name, Type: "String", Value: found, Version: 1 } });
    } else if (target === "AmazonSSM.PutParameter") {
      parameters.set(Name, Value ?? "");
      json(200, {});
    } else {
      unknown.push(target);
      json(400, { __type: "UnknownOperationException" });
    }
  };
  const answerObjects = (method: string, key: string, body: Buffer, response: ServerResponse): void => {
    if (method === "PUT") {
      objects.set(key, body);
      response.writeHead(200, { etag: '"x"' }).end();
    } else if (method === "DELETE") {
      objects.delete(key);
      response.writeHead(204).end();
    } else if (objects.has(key)) {
      response.writeHead(200).end(method === "HEAD" ? undefined : objects.get(key));
    } else {
      const missing = "<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>";
      response.writeHead(404, { "content-type": "application/xml" }).end(method === "HEAD" ? undefined : missing);
    }
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const target = request.headers["x-amz-target"];
    if (typeof target === "string") answerSystemsManager(target, body, response);
    else answerObjects(request.method ?? "", (request.url ?? "").split("?")[0] ?? "", body, response);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, unknown, close: () => server.close() };
}
