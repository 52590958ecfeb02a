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

  it("shows its counters to Prometheus with the names that pergola serve has, and as JSON", async () => {
    const asked = await rawExchange(gateway.httpPort, Buffer.concat([proxyFrom("203.0.113.8"), request("/counted")]));
    expect(asked.statuses).toEqual([500]);
    const get = async (path: string) => fetch(`${gateway.healthUrl}${path}`);
    const json = (await (await get("/pergola/metrics")).json()) as {
      readonly dataPlane: { readonly requests: number };
      readonly metricData: readonly { readonly metricName: string; readonly value?: number }[];
    };
    const total = json.metricData.find(({ metricName }) => metricName === "TotalRequestCount")?.value;
    expect(total).toBeGreaterThan(0);
    expect(json.dataPlane.requests).toBe(total);

    const response = await get("/metrics");
    const text = await response.text();
    expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    for (const name of ["total_request_count", "http_code_5xx_count"])
      expect(text).toMatch(
        new RegExp(`^vpc_lattice_service_${name}\\{service="svc-[0-9a-f]+",name="[^"]+"\\} ${total}$`, "m"),
      );
    expect(text).toMatch(new RegExp(`^pergola_requests_total ${total}$`, "m"));
    expect(text).toMatch(/^process_cpu_seconds_total /m);
    const others = await Promise.all(["/metrics/x", "/__proto__", "/"].map(get));
    expect(others.map(({ status }) => status)).toEqual([404, 404, 404]);
  });
});
