import type { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { createDynamoStore, type DynamoStore } from "@pergola/aws";
import { owners, type ServiceSnapshot } from "@pergola/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTable, type TestTable } from "../aws/dynamo-table.ts";
import { connection, motoUrl, silent } from "../aws/moto.ts";
import { account } from "./deployment.ts";
import { type ApiEnvironment, openApiEnvironment } from "./in-process.ts";

const writers = 50;
const indices = Array.from({ length: writers }, (_, i) => i);

describe.skipIf(motoUrl === undefined)("fifty writers at once, each in an environment of its own, on DynamoDB", () => {
  let scene: TestTable;
  let store: DynamoStore;
  let clients: readonly VPCLattice[] = [];
  const environments: ApiEnvironment[] = [];

  beforeAll(async () => {
    scene = await openTable();
    const env = {
      PERGOLA_TABLE: scene.table,
      PERGOLA_ACCOUNT_ID: account,
      PERGOLA_AWS_ENDPOINT: scene.proxy.url,
    };
    while (environments.length < writers) environments.push(await openApiEnvironment(env));
    clients = environments.map(({ client }) => client);
    store = createDynamoStore({ client: connection(scene.proxy.url), table: scene.table, logger: silent });
  });
  afterAll(async () => {
    for (const one of environments) one.close();
    await store.close();
    await scene[Symbol.asyncDispose]();
  });

  /** @returns what became of each writer's request, and how many transactions all of them took together */
  const writeAtOnce = async (write: (client: VPCLattice, writer: number) => Promise<unknown>) => {
    const before = scene.proxy.calls.length;
    const outcomes = await Promise.allSettled(clients.map(write));
    const transactions = scene.proxy.calls.slice(before).filter(({ operation }) => operation === "TransactWriteItems");
    return { outcomes, transactions: transactions.length };
  };
  /** Writers that got in each other's way, of whom none was told. */
  const requireContention = ({ outcomes, transactions }: Awaited<ReturnType<typeof writeAtOnce>>): void => {
    expect(outcomes.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : []))).toEqual([]);
    expect(transactions).toBeGreaterThan(writers);
  };

  it("lose no update of one item", async () => {
    const [one] = clients as readonly [VPCLattice];
    const { arn: resourceArn = "", id = "" } = await one.createService({ name: "shared" });

    requireContention(
      await writeAtOnce((client, i) => client.tagResource({ resourceArn, tags: { [`writer-${i}`]: String(i) } })),
    );

    const expected = Object.fromEntries(indices.map((i) => [`writer-${i}`, String(i)]));
    expect((await one.listTagsForResource({ resourceArn })).tags).toEqual(expected);
    const snapshot = await store.get<ServiceSnapshot>({ owner: owners.serviceSnapshots, id });
    expect(snapshot?.value.tags).toEqual(expected);
  });

  it("lose no member of one collection", async () => {
    const [one] = clients as readonly [VPCLattice];
    const config = { port: 80, protocol: "HTTP", vpcIdentifier: "vpc-0aaa1111bbb2222cc" } as const;
    const { id: targetGroupIdentifier = "" } = await one.createTargetGroup({ name: "shared", type: "IP", config });

    requireContention(
      await writeAtOnce(async (client, i) => {
        const targets = [{ id: `10.0.0.${i + 10}`, port: 80 }];
        const { unsuccessful } = await client.registerTargets({ targetGroupIdentifier, targets });
        expect(unsuccessful).toEqual([]);
      }),
    );

    const { items = [] } = await one.listTargets({ targetGroupIdentifier, maxResults: 100 });
    expect(items.map(({ id }) => id).sort()).toEqual(indices.map((i) => `10.0.0.${i + 10}`).sort());
  });

  it("get a name once", async () => {
    const { outcomes } = await writeAtOnce((client) => client.createService({ name: "wanted" }));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ name: "ConflictException" });
    }
    const { items = [] } = await (clients as readonly [VPCLattice])[0].listServices({});
    expect(items.filter(({ name }) => name === "wanted")).toHaveLength(1);
  });
});
