import { type ConfigStore, owners } from "@pergola/core";
import { expect, it } from "vitest";
import { networkId, region, send, serviceId } from "../../packages/data-plane/src/testing/world.ts";
import { guardedBy, policyOf } from "./auth-policy.ts";
import { openRecordingWorld, type RecordingWorld } from "./recording-target.ts";

/** `networks` fails for networks only. */
type Fault = "none" | "fails" | "hangs" | "networks";

/** A world whose data plane loses its store when told so; the test itself goes on writing to it. */
async function openWorldWithFaults(): Promise<{ world: RecordingWorld; setFault(fault: Fault): void }> {
  let fault: Fault = "none";
  const faulty = <T>(read: () => Promise<T>, signal: AbortSignal | undefined, owner?: string): Promise<T> => {
    if (fault === "none" || (fault === "networks" && owner !== owners.networkSnapshots)) return read();
    if (fault !== "hangs") return Promise.reject(new Error("the store is away"));
    return new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  };
  const wrapStore = (store: ConfigStore): ConfigStore => ({
    get: (key, signal) => faulty(() => store.get(key, signal), signal, key.owner),
    getMany: (keys, signal) => faulty(() => store.getMany(keys, signal), signal),
    list: (owner, options) => faulty(() => store.list(owner, options), options?.signal),
    transact: (writes) => store.transact(writes),
    watch: (listener) => store.watch(listener),
    close: () => store.close(),
  });
  const world = await openRecordingWorld({ wrapStore, options: { storeTimeout: 150, storeRetryDelay: 20 } });
  return {
    world,
    setFault: (next) => {
      fault = next;
    },
  };
}

const allowed = guardedBy({});
const denied = guardedBy({ Effect: "Deny" });

it.each(["fails", "hangs"] as const)(
  "a service that was never read is 503 when the store %s, never open",
  async (fault) => {
    const { world, setFault } = await openWorldWithFaults();
    setFault(fault);

    for (let i = 0; i < 3; i += 1) expect((await send(world.port, "/")).status).toBe(503);
    expect(world.seen).toEqual([]);
    setFault("none");
    expect((await send(world.port, "/")).status).toBe(200);
  },
);

it.each(["fails", "hangs"] as const)("what was denied stays denied when the store %s", async (fault) => {
  const { world, setFault } = await openWorldWithFaults();
  await world.putService(denied);
  expect((await send(world.port, "/")).status).toBe(403);

  setFault(fault);
  await world.putService(allowed);
  for (let i = 0; i < 3; i += 1) expect((await send(world.port, "/")).status).toBe(403);
  expect(world.seen).toEqual([]);
  setFault("none");
  await world.putService(allowed);
  expect((await send(world.port, "/")).status).toBe(200);
});

it.each(["fails", "hangs"] as const)(
  "the last good snapshot serves on when the store %s, and gives way at once after",
  async (fault) => {
    const { world, setFault } = await openWorldWithFaults();
    await world.putService(allowed);
    expect((await send(world.port, "/")).status).toBe(200);

    setFault(fault);
    await world.putService(denied);
    expect((await send(world.port, "/")).status).toBe(200);
    expect(world.plane.metrics().staleServed).toBeGreaterThan(0);
    setFault("none");
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect((await send(world.port, "/")).status).toBe(403);
  },
);

it("a service whose network cannot be read is closed, whatever its own policy says", async () => {
  const { world, setFault } = await openWorldWithFaults();
  await world.putService(allowed);
  setFault("networks");

  expect((await send(world.port, "/")).status).toBe(503);
  expect(world.seen).toEqual([]);
  setFault("none");
  expect((await send(world.port, "/")).status).toBe(200);
});

const unreadable: readonly (readonly [what: string, text: string])[] = [
  ["no JSON", "{"],
  ["empty", ""],
  ["an unknown effect", '{"Version":"2012-10-17","Statement":[{"Effect":"Maybe"}]}'],
  ["an unknown operator beside an allow", policyOf({}, { Condition: { StringAlmost: { "aws:SourceIp": "1" } } })],
  ["a condition that is no object", policyOf({ Condition: [] })],
  ["an unknown version", policyOf({}).replace("2012-10-17", "2050-01-01")],
  ["the same member twice", policyOf({}).replace('"Effect":"Allow"', '"Effect":"Deny","Effect":"Allow"')],
];

it.each(unreadable)("a policy that does not compile denies everything: %s", async (_what, authPolicy) => {
  const { world } = await openWorldWithFaults();
  await world.putService({ authType: "AWS_IAM", authPolicy });
  expect((await send(world.port, "/")).status).toBe(403);

  await world.putService();
  await world.putNetwork({ authType: "AWS_IAM", authPolicy });
  expect((await send(world.port, "/")).status).toBe(403);
  expect(world.seen).toEqual([]);
  const reported = world.warnings.filter(({ message }) => message.includes("does not compile"));
  expect(reported.map(({ details }) => details)).toEqual([
    expect.objectContaining({ resourceId: serviceId }),
    expect.objectContaining({ resourceId: networkId }),
  ]);
});

it("a snapshot that is no snapshot closes the service", async () => {
  const { world } = await openWorldWithFaults();

  await world.put(owners.serviceSnapshots, serviceId, { serviceId, region });

  expect((await send(world.port, "/")).status).toBe(503);
  expect(world.seen).toEqual([]);
});
