import { describe, expect, it } from "vitest";
import { account, region } from "./harness/account.ts";
import { graphOf } from "./harness/deployment.ts";
import { allowedBy, type Graph, many, ofType, only, statementsOf } from "./harness/graph.ts";
import { variants } from "./harness/variants.ts";

function nameOf(graph: Graph, type: string, name: string): string {
  return only(graph, type, name).inputs.name;
}

/** `service:Action`, without resources. */
function actionsOf(graph: Graph, role: string): string[] {
  return [...new Set(allowedBy(graph, role).map((allowed) => allowed.split(" ")[0] ?? ""))].sort();
}

const reads = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"];
const writes = ["dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"];

describe("roles", () => {
  it("the router reads the table, hands over records and calls the named functions", () => {
    const graph = graphOf("dev");
    const table = nameOf(graph, "aws:dynamodb/table:Table", "StoreTable");
    const queue = nameOf(graph, "aws:sqs/queue:Queue", "AccessRecordsQueue");
    expect(allowedBy(graph, "RouterRole")).toEqual(
      [
        ...reads.map((action) => `${action} arn:aws:dynamodb:${region}:${account}:table/${table}`),
        `lambda:InvokeFunction arn:aws:lambda:${region}:${account}:function:mesh-*`,
        `lambda:InvokeFunction arn:aws:lambda:${region}:${account}:function:mesh-*:*`,
        `sqs:SendMessage arn:aws:sqs:${region}:${account}:${queue}`,
      ].sort(),
    );
  });

  it("the control plane writes the table", () => {
    expect(actionsOf(graphOf("dev"), "ControlPlaneRole")).toEqual([...reads, ...writes].sort());
  });

  it("health checks write the table", () => {
    expect(actionsOf(graphOf("dev"), "HealthChecksHandlerRole")).toEqual([...reads, ...writes].sort());
  });

  it("domain verification writes the table, and asks the DNS server that the settings name", () => {
    const graph = graphOf("dev");
    expect(actionsOf(graph, "DomainVerificationHandlerRole")).toEqual([...reads, ...writes].sort());
    const serverOf = (variant: string) =>
      only(graphOf(variant), "aws:lambda/function:Function", "DomainVerificationHandlerFunction").inputs.environment
        .variables.PERGOLA_DNS_SERVER;
    expect([serverOf("dev"), serverOf("everything")]).toEqual([undefined, "1.1.1.1"]);
    const schedules = ofType(graph, "aws:scheduler/schedule:Schedule").map(({ inputs }) => inputs.scheduleExpression);
    expect(schedules).toEqual(["rate(1 minute)", "rate(1 minute)"]);
  });

  it("delivery reaches the log group of the deployment, and every destination of the settings", () => {
    const deliveryRole = (graph: Graph) =>
      ofType(graph, "aws:iam/role:Role").find(({ name }) => name.startsWith("AccessRecordsSubscriber"))?.name ?? "";
    const dev = graphOf("dev");
    expect(allowedBy(dev, deliveryRole(dev)).filter((allowed) => !allowed.startsWith("sqs:"))).toEqual([
      `logs:CreateLogStream arn:aws:logs:${region}:${account}:log-group:/pergola/dev/access:*`,
      `logs:PutLogEvents arn:aws:logs:${region}:${account}:log-group:/pergola/dev/access:*`,
    ]);
    const all = graphOf("everything");
    expect(allowedBy(all, deliveryRole(all))).toEqual(
      expect.arrayContaining([
        `firehose:PutRecordBatch arn:aws:firehose:${region}:${account}:deliverystream/mesh-access`,
        `logs:PutLogEvents arn:aws:logs:${region}:${account}:log-group:/mesh/access:*`,
        "s3:PutObject arn:aws:s3:::mesh-access/*",
      ]),
    );
    expect(actionsOf(all, "RouterRole")).toContain("firehose:PutRecordBatch");
    expect(actionsOf(dev, "RouterRole")).not.toContain("firehose:PutRecordBatch");
  });

  it("the router is denied Pergola's own functions, even where every function may be a target", () => {
    const graph = graphOf("everything");
    for (const role of ["RouterRole", "Vpc0aaa1111RouterRole"]) {
      const denied = statementsOf(only(graph, "aws:iam/role:Role", role)).filter(({ Effect }) => Effect === "Deny");
      const patterns = denied.flatMap(({ Resource }) => many(Resource)).map((pattern) => pattern.replace(/\*$/, ""));
      for (const { inputs } of ofType(graph, "aws:lambda/function:Function")) {
        const arn = `arn:aws:lambda:${region}:${account}:function:${inputs.name}`;
        expect(patterns.some((prefix) => arn.startsWith(prefix))).toBe(true);
      }
    }
  });

  it("the exchange remembers proofs in the table, and takes them for this deployment only", () => {
    const graph = graphOf("everything");
    const withTraces = [
      ...reads,
      ...writes,
      "kms:Decrypt",
      "kms:GenerateDataKey",
      "xray:PutTelemetryRecords",
      "xray:PutTraceSegments",
    ];
    expect(actionsOf(graph, "CredentialExchangeRole")).toEqual(withTraces.sort());
    const { variables } = only(graph, "aws:lambda/function:Function", "CredentialExchangeFunction").inputs.environment;
    expect(variables).toMatchObject({
      PERGOLA_EXCHANGE_AUDIENCE: `pergola:${account}:${region}:production`,
      PERGOLA_EXCHANGE_ACCOUNTS: `${account},999900001111/o-abcdefghij`,
      PERGOLA_EXCHANGE_WEB_IDENTITY: JSON.stringify(variants.everything?.settings?.webIdentity),
    });
  });

  it("only who opens sessions may use the KMS key, each for its own keyrings; only the exchange makes them", () => {
    const keyUsers = (variant: string) => {
      const graph = graphOf(variant);
      const keys = ofType(graph, "aws:kms/key:Key").map(({ id }) => `arn:aws:kms:${region}:${account}:key/${id}`);
      const users: string[] = [];
      for (const role of ofType(graph, "aws:iam/role:Role")) {
        const statements = statementsOf(role).filter(({ Action }) =>
          many(Action).some((one) => one.startsWith("kms:")),
        );
        for (const { Action, Resource, Condition } of statements) {
          expect(many(Resource)).toEqual(keys);
          const rings = many(Condition?.StringEquals?.["kms:EncryptionContext:pergola:keyring"] ?? "any");
          users.push(`${role.name} ${many(Action).join("+")} ${rings.join("+")}`);
        }
      }
      for (const { name, inputs } of ofType(graph, "aws:lambda/function:Function")) {
        const isUser = users.some((user) => user.startsWith(`${name.replace(/Function$/, "Role")} `));
        expect([name, inputs.environment.variables.PERGOLA_KMS_KEY_ID]).toEqual([name, isUser ? keys[0] : undefined]);
      }
      return users.sort();
    };

    expect(keyUsers("everything")).toEqual([
      "ControlPlaneRole kms:Decrypt session+certificates",
      "ControlPlaneRole kms:GenerateDataKey certificates",
      "CredentialExchangeRole kms:Decrypt session",
      "CredentialExchangeRole kms:GenerateDataKey session",
      "GatewayRole kms:Decrypt session+certificates",
      "RouterRole kms:Decrypt session",
      "Vpc0aaa1111RouterRole kms:Decrypt session",
      "Vpc0bbb1111RouterRole kms:Decrypt session",
    ]);
    expect(keyUsers("one-vpc")).toEqual([
      "ControlPlaneRole kms:Decrypt certificates",
      "ControlPlaneRole kms:GenerateDataKey certificates",
      "CredentialExchangeRole kms:Decrypt session",
      "CredentialExchangeRole kms:GenerateDataKey session",
      "Vpc0aaa1111RouterRole kms:Decrypt session",
    ]);
    expect(keyUsers("production")).toEqual([]);
  });

  it("without function targets a router may call no function", () => {
    expect(actionsOf(graphOf("one-vpc"), "Vpc0aaa1111RouterRole")).not.toContain("lambda:InvokeFunction");
  });

  it("addresses of instances and load balancers are only looked up where the functions have a network", () => {
    expect(actionsOf(graphOf("dev"), "RouterRole")).not.toContain("ec2:DescribeInstances");
    for (const role of ["RouterRole", "ControlPlaneRole", "HealthChecksHandlerRole"]) {
      expect(actionsOf(graphOf("everything"), role)).toContain("ec2:DescribeInstances");
    }
  });
});
