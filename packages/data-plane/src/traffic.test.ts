import { owners } from "@pergola/core";
import { expect, it } from "vitest";
import { groupId, host, httpGroup, openTarget, openWorld, pause, send, serviceId } from "./testing/world.ts";

it("requests are counted for their service and target group, by status and while they are in flight", async () => {
  const world = await openWorld();
  const held = Promise.withResolvers<void>();
  const target = await openTarget((request, response) => {
    if (request.url === "/held") held.promise.then(() => response.end());
    else response.writeHead(Number(request.url?.slice(1))).end();
  });
  await world.putTargets(target);
  for (const status of [200, 204, 302, 404, 500, 503]) await send(world.port, `/${status}`);
  const waiting = send(world.port, "/held");
  await expect.poll(async () => (await world.plane.traffic()).targetGroups[0]?.requests.active).toBe(1);

  held.resolve();
  await waiting;
  await world.records(7);

  const { services, targetGroups } = await world.plane.traffic();
  const counted = { total: 7, active: 0, status2xx: 3, status3xx: 1, status4xx: 1, status5xx: 2, timeouts: 0 };
  expect(services).toMatchObject([{ id: serviceId, requests: counted }]);
  expect(targetGroups).toMatchObject([{ id: groupId, requests: counted, connections: { errors: 0 } }]);
  const { connections } = targetGroups[0] as (typeof targetGroups)[number];
  expect(connections.total).toBeGreaterThan(0);
  expect(connections.http1).toBe(connections.total);
  expect(connections.bytesReceived).toBeGreaterThan(7 * 50);
  expect(connections.bytesSent).toBeGreaterThan(7 * 50);
});

it("a target that is not there is an error of its group's connections, and its request one of 5xx", async () => {
  const world = await openWorld();
  const { id, port, server } = await openTarget(() => {});
  await new Promise((closed) => server.close(closed));
  await world.putTargets({ id, port });

  await send(world.port, "/");
  await world.records(1);

  const { targetGroups } = await world.plane.traffic();
  expect(targetGroups).toMatchObject([
    { requests: { total: 1, active: 0, status5xx: 1 }, connections: { total: 0, active: 0, errors: 1, tlsErrors: 0 } },
  ]);
});

it("a target that breaks off the TLS handshake is an error of TLS", async () => {
  const world = await openWorld();
  const { id, port, server } = await openTarget(() => {});
  server.on("connection", (socket) => socket.destroy());
  await world.putService({
    targetGroups: { [groupId]: { ...httpGroup, config: { ...httpGroup.config, protocol: "HTTPS" } } },
  });
  await world.putTargets({ id, port });

  await send(world.port, "/");
  await world.records(1);

  expect((await world.plane.traffic()).targetGroups).toMatchObject([
    { connections: { total: 0, errors: 1, tlsErrors: 1, tlsHandshakes: 0 } },
  ]);
});

it("counters go on over changes of the service, and are gone when it is", async () => {
  const world = await openWorld();
  const target = await openTarget((_request, response) => response.end());
  await world.putTargets(target);
  await send(world.port, "/");
  await world.putService({ name: "renamed" });
  await world.putHealth(target, "HEALTHY");
  await send(world.port, "/");
  await world.records(2);
  expect(await world.plane.traffic()).toMatchObject({
    services: [{ name: "renamed", requests: { total: 2 } }],
    targetGroups: [{ requests: { total: 2 } }],
  });

  await world.store.transact([
    { kind: "delete", key: { owner: owners.serviceSnapshots, id: serviceId }, expect: "any" },
  ]);

  expect(await world.plane.traffic()).toEqual({ services: [], targetGroups: [] });
});

it("names that no service has leave nothing behind", async () => {
  const world = await openWorld();
  for (let i = 0; i < 50; i += 1) await send(world.port, "/", { headers: { host: `${i}.${host}` } });
  await pause(20);

  expect(await world.plane.traffic()).toEqual({ services: [], targetGroups: [] });
});
