import { afterAll, beforeAll, expect, it } from "vitest";
import { forwardTo, newListener, newRule } from "../harness/lattice-resources.ts";
import { openService } from "../harness/open-service.ts";
import { openPlainClient } from "../harness/plain-client.ts";
import { openScene, type Scene } from "../harness/scene.ts";

interface Datum {
  readonly metricName: string;
  readonly dimensions: readonly { readonly name: string; readonly value: string }[];
  readonly unit: string;
  readonly value?: number;
  readonly statisticValues?: { readonly sampleCount: number; readonly sum: number; readonly maximum: number };
  readonly values?: readonly number[];
  readonly counts?: readonly number[];
}

let scene: Scene;
let serviceId: string;
let groupId: string;

beforeAll(async () => {
  scene = await openScene();
  const { client } = scene;
  const program = await scene.startProgram((request, response) => {
    response.writeHead(request.url === "/fails" ? 500 : 200).end("x".repeat(10_000));
  });
  const service = await openService(client);
  serviceId = service.id;
  groupId = (await scene.groupOf(program)).id;
  const listener = await newListener(client, service.id);
  const match = { httpMatch: { pathMatch: { match: { prefix: "/" } } } };
  await newRule(client, service.id, listener.id, { priority: 1, match, action: forwardTo(groupId) });
  using plain = openPlainClient(service.host, scene.pergola.httpPort, 1);
  for (const path of ["/", "/", "/fails"]) await plain.send({ path });
});
afterAll(() => scene?.[Symbol.asyncDispose]());

async function metricData(): Promise<Datum[]> {
  const response = await fetch(`${scene.pergola.apiUrl}/pergola/metrics`);
  return ((await response.json()) as { metricData: Datum[] }).metricData;
}

function ofResource(data: readonly Datum[], name: "Service" | "TargetGroup", value: string): Map<string, Datum> {
  const its = data.filter(({ dimensions: [first] }) => first?.name === name && first.value === value);
  return new Map(its.map((datum) => [datum.metricName, datum]));
}

it("GET /pergola/metrics has Lattice's metrics of each service and target group that had requests", async () => {
  await expect
    .poll(async () => ofResource(await metricData(), "Service", serviceId).get("TotalRequestCount"))
    .toMatchObject({ value: 3, unit: "Count" });
  const data = await metricData();
  const service = ofResource(data, "Service", serviceId);
  const group = ofResource(data, "TargetGroup", groupId);

  for (const metrics of [service, group]) {
    expect(metrics.get("HTTPCode_2XX_Count")?.value).toBe(2);
    expect(metrics.get("HTTPCode_5XX_Count")?.value).toBe(1);
    const { statisticValues, values = [], counts = [] } = metrics.get("RequestTime") as Datum;
    expect(statisticValues?.sampleCount).toBe(3);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(Math.max(...values)).toBeLessThanOrEqual((statisticValues?.maximum ?? 0) * 1.2);
  }
  expect(service.get("RequestTimeoutCount")?.value).toBe(0);
  expect(group.get("TotalConnectionCount")?.value).toBe(1);
  expect(group.get("ActiveConnectionCount")?.value).toBe(1);
  expect(group.get("ActiveRequestCount")?.value).toBe(0);
  expect(group.get("TotalReceivedConnectionBytes")?.value).toBeGreaterThan(30_000);
});

it("GET /metrics has the same for Prometheus", async () => {
  const response = await fetch(`${scene.pergola.apiUrl}/metrics`);
  const text = await response.text();

  expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  const service = new RegExp(
    `^vpc_lattice_service_total_request_count\\{service="${serviceId}",name="[^"]+"\\} 3$`,
    "m",
  );
  expect(text).toMatch(service);
  const ofGroup = `{target_group="${groupId}"}`;
  for (const line of [
    `vpc_lattice_target_group_http_code_5xx_count${ofGroup} 1`,
    `vpc_lattice_target_group_total_tls_connection_handshake_count${ofGroup} 0`,
    `vpc_lattice_target_group_request_time_seconds_bucket{target_group="${groupId}",le="+Inf"} 3`,
    `vpc_lattice_target_group_request_time_seconds_count${ofGroup} 3`,
    "# TYPE vpc_lattice_target_group_active_connection_count gauge",
    "# TYPE vpc_lattice_service_request_time_seconds histogram",
    "# TYPE process_cpu_user_seconds_total counter",
  ]) {
    expect(text.split("\n")).toContain(line);
  }
  expect(text).toMatch(/^pergola_requests_total [3-9]$/m);
  expect(text).toMatch(/^pergola_access_log_lost_total\{reason="spool-full"\} 0$/m);
});

it("a deleted service is no longer among the metrics", async () => {
  await scene.client.deleteTargetGroup({ targetGroupIdentifier: groupId }).catch(() => {});
  const { items = [] } = await scene.client.listServiceNetworkServiceAssociations({ serviceIdentifier: serviceId });
  for (const { id } of items) {
    await scene.client.deleteServiceNetworkServiceAssociation({ serviceNetworkServiceAssociationIdentifier: id });
  }
  await scene.client.deleteService({ serviceIdentifier: serviceId });

  const data = await metricData();

  expect(data.filter(({ dimensions: [first] }) => first?.value === serviceId || first?.value === groupId)).toEqual([]);
});
