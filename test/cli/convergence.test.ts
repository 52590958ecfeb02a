import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCli } from "@pergola/cli";
import fc from "fast-check";
import { expect, it } from "vitest";
import { startControlPlane } from "../harness/control-plane.ts";

const vpc = "vpc-0123456789abcdef0";
const tags = fc.dictionary(fc.constantFrom("team", "tier", "owner"), fc.constantFrom("a", "b"), { maxKeys: 2 });
const authType = fc.constantFrom("NONE", "AWS_IAM");
const policy = fc.constantFrom("Allow", "Deny").map((Effect) => ({
  Version: "2012-10-17",
  Statement: [{ Effect, Principal: "*", Action: "vpc-lattice-svcs:Invoke", Resource: "*" }],
}));

/** Some entries of a map; what cannot change in place depends on the name alone. */
function some<T>(
  names: readonly string[],
  entry: (name: string) => fc.Arbitrary<T>,
  minLength = 0,
): fc.Arbitrary<Record<string, T>> {
  return fc
    .tuple(
      fc.subarray([...names], { minLength }),
      fc.record(Object.fromEntries(names.map((name) => [name, entry(name)]))),
    )
    .map(([chosen, entries]) => Object.fromEntries(chosen.map((name) => [name, entries[name] as T])));
}

const groupsOf = (service: string): string[] => [`${service}-blue`, `${service}-green`];

const targetGroups = fc.record(
  Object.fromEntries(
    ["one", "two"].flatMap(groupsOf).map((name) => [
      name,
      fc.record({
        type: fc.constant("IP"),
        config: fc.record({
          protocol: fc.constant("HTTP"),
          port: fc.constant(8080),
          vpcIdentifier: fc.constant(vpc),
          healthCheck: fc.record({ path: fc.constantFrom("/", "/health") }),
        }),
        tags,
      }),
    ]),
  ),
);

function action(service: string): fc.Arbitrary<unknown> {
  const weights = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }));
  const forward = weights.map((pair) => ({
    forward: groupsOf(service).map((targetGroup, index) => ({ targetGroup, weight: pair[index] })),
  }));
  const only = fc.constantFrom(...groupsOf(service)).map((targetGroup) => ({ forward: [{ targetGroup }] }));
  return fc.oneof(fc.constantFrom({ fixedResponse: 404 }, { fixedResponse: 500 }), forward, only);
}

function rules(service: string): fc.Arbitrary<unknown> {
  const names = ["r-a", "r-b", "r-c", "r-d"];
  const order = fc.shuffledSubarray([1, 2, 3, 4], { minLength: 4, maxLength: 4 });
  const each = some(
    names,
    () => fc.record({ method: fc.constantFrom("GET", "POST"), action: action(service), tags }),
    3,
  );
  return fc.tuple(order, each).map(([priorities, entries]) =>
    Object.fromEntries(
      Object.entries(entries).map(([name, { method, ...rest }]) => {
        return [name, { priority: priorities[names.indexOf(name)], match: { method }, ...rest }];
      }),
    ),
  );
}

const services = some(
  ["one", "two"].map((name) => `svc${name}`),
  (name) => {
    const group = name.slice(3);
    const listeners = some(
      ["http", "alt"],
      (listener) =>
        fc.record({
          protocol: fc.constant("HTTP"),
          port: fc.constant(listener === "http" ? 80 : 8080),
          defaultAction: action(group),
          rules: rules(group),
          tags,
        }),
      1,
    );
    const idleTimeoutSeconds = fc.constantFrom(60, 120);
    return fc.record(
      { authType, idleTimeoutSeconds, authPolicy: policy, listeners, tags },
      { requiredKeys: ["listeners"] },
    );
  },
  1,
);

const configurations = fc.record({ pergola: fc.constant(1), targetGroups, services }).chain((document) => {
  const vpcs = fc.option(fc.constantFrom("net-a", "net-b"), { nil: undefined });
  const networks = some(["net-a", "net-b"], () =>
    fc.record({
      authType,
      services: fc
        .subarray(Object.keys(document.services))
        .map((names) => Object.fromEntries(names.map((name) => [name, {}]))),
      accessLogs: fc.constantFrom(
        [],
        [{ destination: "arn:aws:s3:::logs-one" }],
        [{ destination: "arn:aws:s3:::logs-two" }],
      ),
      tags,
    }),
  );
  // A VPC is in one network at most, and may move from one to the other.
  return fc.tuple(networks, vpcs).map(([serviceNetworks, home]) => {
    const withVpc = Object.entries(serviceNetworks).map(([name, entry]) => [
      name,
      { ...entry, vpcs: name === home ? { [vpc]: {} } : {} },
    ]);
    return { ...document, serviceNetworks: Object.fromEntries(withVpc) };
  });
});

/** The CLI against a control plane of its own; files are written where it runs. */
async function startCli() {
  const directory = mkdtempSync(join(tmpdir(), "pergola-convergence-"));
  const plane = await startControlPlane();
  return {
    plane,
    write: (name: string, document: unknown) => writeFileSync(join(directory, name), JSON.stringify(document)),
    async run(...args: readonly string[]): Promise<{ code: number; out: string }> {
      let out = "";
      const write = (text: string): unknown => (out += text);
      const io = { stdout: { write }, stderr: { write }, env: { PERGOLA_API_URL: plane.url }, cwd: () => directory };
      return { code: await runCli(args, io), out };
    },
    async [Symbol.asyncDispose]() {
      await plane[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true });
    },
  };
}

it("any configuration becomes any other in one apply, and its export is itself", async () => {
  await using cli = await startCli();
  const { run, plane } = cli;
  const converge = async (document: unknown): Promise<void> => {
    cli.write("wanted.json", document);
    const applied = await run("apply", "-f", "wanted.json", "--prune");
    expect(applied.code, applied.out).toBe(0);
    const diff = await run("diff", "-f", "wanted.json");
    expect(diff.code, diff.out).toBe(0);
    expect(await run("export", "export.yaml")).toEqual({ code: 0, out: "" });
    const own = await run("diff", "-f", "export.yaml");
    expect(own.code, own.out).toBe(0);
  };

  await fc.assert(fc.asyncProperty(configurations, converge), { numRuns: 25, endOnFailure: true });

  expect(plane.faults).toEqual([]);
}, 60_000);

it("a rollback brings back any configuration, whatever was applied since, or says why not", async () => {
  await using cli = await startCli();
  const { run, plane } = cli;
  let undone = 0;
  const thereAndBack = async (before: unknown, after: unknown): Promise<void> => {
    cli.write("before.json", before);
    cli.write("after.json", after);
    expect((await run("apply", "-f", "before.json", "--prune")).code).toBe(0);
    const [{ id }] = JSON.parse((await run("history", "--limit", "1", "-o", "json")).out.replace(/^pergola:.*\n/m, ""));
    expect((await run("apply", "-f", "after.json", "--prune")).code).toBe(0);
    const { code, out } = await run("rollback", "--to", id);
    if (code === 0) undone += 1;
    else expect(out).toContain("at most 100 are possible");
    const diff = await run("diff", "-f", code === 0 ? "before.json" : "after.json");
    expect(diff.code, diff.out).toBe(0);
  };

  // What is unlike is nearly all of it: within the bound of a transaction only where it is small.
  const small = configurations.map((document) => ({ ...document, services: firstOf(document.services) }));
  const withoutNetworks = small.map(({ serviceNetworks: _, ...document }) => document);
  await fc.assert(fc.asyncProperty(withoutNetworks, withoutNetworks, thereAndBack), {
    numRuns: 15,
    endOnFailure: true,
  });

  expect(undone).toBeGreaterThan(5);
  expect(plane.faults).toEqual([]);
}, 60_000);

function firstOf<T>(entries: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).slice(0, 1));
}

it("what is not ACTIVE yet is waited for", async () => {
  const directory = mkdtempSync(join(tmpdir(), "pergola-settle-"));
  await using plane = await startControlPlane({ settings: { settleMs: 300 } });
  const targets = [{ id: "10.0.0.1" }];
  const config = { protocol: "HTTP", vpcIdentifier: vpc };
  const document = { pergola: 1, targetGroups: { slow: { type: "IP", config, targets } } };
  writeFileSync(join(directory, "slow.json"), JSON.stringify(document));
  let out = "";
  const write = (text: string): unknown => (out += text);
  const io = { stdout: { write }, stderr: { write }, env: { PERGOLA_API_URL: plane.url }, cwd: () => directory };

  expect(await runCli(["apply", "-f", "slow.json"], io), out).toBe(0);
  expect(out).toContain("created targetGroups/slow/targets/10.0.0.1:80");
  rmSync(directory, { recursive: true });
});
