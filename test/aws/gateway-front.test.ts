import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { proxyFrom } from "../../packages/data-plane/src/testing/proxy-headers.ts";
import { errorAction, newListener } from "../harness/lattice-resources.ts";
import { openService } from "../harness/open-service.ts";
import { rawExchange } from "../harness/raw-exchange.ts";
import { sceneVpcId } from "../harness/scene.ts";
import { type Deployment, type GatewayProcess, openDeployment, startGatewayProcess } from "./gateway-scene.ts";
import { motoUrl } from "./moto.ts";

describe.skipIf(motoUrl === undefined)("a gateway behind a load balancer that sends PROXY headers", () => {
  let deployment: Deployment;
  let gateway: GatewayProcess;
  let host: string;
  const destinationArn = "arn:aws:s3:::proxied-records";
  beforeAll(async () => {
    deployment = await openDeployment(motoUrl ?? "");
    const { client } = deployment.plane;
    const service = await openService(client);
    host = service.host;
    await client.createAccessLogSubscription({ resourceIdentifier: service.id, destinationArn });
    await newListener(client, service.id, { protocol: "HTTP", port: 80, defaultAction: errorAction });
    gateway = await startGatewayProcess({ ...deployment.env, PERGOLA_PROXY_PROTOCOL: "127.0.0.0/8" });
  });
  afterAll(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await deployment?.[Symbol.asyncDispose]();
  });

  const request = (path: string) => Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);

  it("takes the client from the header, requires one, and records the client's own address", async () => {
    const header = proxyFrom("203.0.113.7", 40_123);
    const proxied = await rawExchange(gateway.httpPort, Buffer.concat([header, request("/proxied")]));
    expect(proxied.statuses).toEqual([500]);
    const bare = await rawExchange(gateway.httpPort, request("/bare"));
    expect(bare).toMatchObject({ isClosed: true, statuses: [] });

    const lines = (await deployment.receive(2)).map(({ line }) => JSON.parse(line));
    expect(lines.map(({ requestPath, sourceIpPort, sourceVpcId }) => [requestPath, sourceIpPort, sourceVpcId])).toEqual(
      [["/proxied", "203.0.113.7:40123", sceneVpcId]],
    );
  });
});
