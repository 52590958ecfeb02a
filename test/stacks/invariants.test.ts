import { tableDefinition } from "@pergola/aws";
import { readLambdaSettings } from "@pergola/lambda";
import { describe, expect, it } from "vitest";
import { deployment } from "./harness/deployment.ts";
import { many, ofType, only, statementsOf } from "./harness/graph.ts";
import { variants } from "./harness/variants.ts";

/** Actions that know no resources, so that a role can only have them on everything. */
const withoutResources = new Set([
  "ec2:DescribeInstances",
  "elasticloadbalancing:DescribeLoadBalancers",
  "ecr:GetAuthorizationToken",
  "xray:PutTraceSegments",
  "xray:PutTelemetryRecords",
]);

/** By variant, the functions whose URLs everybody may call. */
const openUrls: Readonly<Record<string, readonly string[]>> = {
  everything: ["ControlPlane", "CredentialExchange", "Router"],
  "one-vpc": ["CredentialExchange"],
};

describe.each(Object.keys(variants))("the deployment %s", (variant) => {
  const { graph, status, log, unknownRequests } = deployment(variant);
  const roles = ofType(graph, "aws:iam/role:Role");
  const functions = ofType(graph, "aws:lambda/function:Function");
  const queues = ofType(graph, "aws:sqs/queue:Queue");

  it("goes through, and asks AWS for nothing unforeseen", () => {
    expect(graph.errors).toEqual([]);
    expect(status, log).toBe(0);
    expect(unknownRequests).toEqual([]);
    expect(functions.length).toBeGreaterThan(2);
  });

  it.each(roles.map((role) => [role.name, role] as const))(
    "role %s is assumed by one AWS service only",
    (_name, role) => {
      const { assumeRolePolicy } = role.inputs;
      const { Statement } = typeof assumeRolePolicy === "string" ? JSON.parse(assumeRolePolicy) : assumeRolePolicy;
      expect(Statement).toHaveLength(1);
      expect(Statement[0].Action).toBe("sts:AssumeRole");
      // Nothing beside the service: SST's own default adds the whole account.
      expect(Statement[0].Principal).toEqual({
        Service: expect.stringMatching(/^(lambda|scheduler|ecs-tasks)\.amazonaws\.com$/),
      });
    },
  );

  it.each(roles.map((role) => [role.name, role] as const))(
    "role %s may do listed things to named resources",
    (_name, role) => {
      for (const { Effect, Action, Resource } of statementsOf(role)) {
        expect(many(Action).filter((action) => action.includes("*"))).toEqual([]);
        if (Effect === "Allow" && many(Resource).includes("*"))
          expect(many(Action).filter((action) => !withoutResources.has(action))).toEqual([]);
      }
      const managed = (role.inputs.managedPolicyArns ?? []) as string[];
      expect(managed.filter((arn) => !/\/service-role\/AWSLambda(Basic|VPCAccess)ExecutionRole$/.test(arn))).toEqual(
        [],
      );
    },
  );

  it("admits everybody to nothing but the URLs that the settings open, each of which verifies callers itself", () => {
    const opened = openUrls[variant] ?? [];
    const named = opened.map((name) => only(graph, "aws:lambda/function:Function", `${name}Function`).inputs.name);
    const open = ofType(graph, "aws:lambda/permission:Permission").filter(({ inputs }) => inputs.principal === "*");
    expect([...new Set(open.map(({ inputs }) => inputs.function))].sort()).toEqual(named.sort());
    for (const { inputs } of open)
      expect(inputs.functionUrlAuthType === "NONE" || inputs.invokedViaFunctionUrl).toBe(true);
    for (const { name, inputs } of ofType(graph, "aws:lambda/functionUrl:FunctionUrl")) {
      expect(inputs.authorizationType).toBe(opened.includes(name.replace(/Url$/, "")) ? "NONE" : "AWS_IAM");
      expect(inputs.cors).toBeUndefined();
    }
  });

  it.each(functions.map((fn) => [fn.name, fn] as const))(
    "function %s runs on Node 24 for ARM with logs that end",
    (_name, { inputs }) => {
      expect(inputs).toMatchObject({
        runtime: "nodejs24.x",
        architectures: ["arm64"],
        loggingConfig: { logFormat: "JSON", systemLogLevel: "WARN" },
      });
      expect(inputs.timeout).toBeGreaterThanOrEqual(30);
      expect(inputs.description).toMatch(/^Pergola: /);
      expect(inputs.name).toMatch(/^pergola-[A-Za-z0-9-]{1,56}$/);
      const group = ofType(graph, "aws:cloudwatch/logGroup:LogGroup").find(
        (one) => one.inputs.name === inputs.loggingConfig.logGroup,
      );
      expect(group?.inputs.retentionInDays).toBeGreaterThan(0);
    },
  );

  it.each(functions.map((fn) => [fn.name, fn] as const))(
    "function %s understands its environment",
    (_name, { inputs }) => {
      const { variables } = inputs.environment as { variables: Record<string, string> };
      const known = readLambdaSettings({ ...variables, AWS_REGION: "eu-central-1" });
      expect(known.table).toBe(only(graph, "aws:dynamodb/table:Table", "StoreTable").inputs.name);
      expect(Object.keys(variables).filter((name) => !/^(PERGOLA|SST|OTEL)_/.test(name))).toEqual([]);
    },
  );

  it("keeps messages encrypted, and long enough for a destination that is away for a day", () => {
    const undelivered = only(graph, "aws:sqs/queue:Queue", "UndeliveredRecordsQueue");
    for (const { inputs } of queues)
      expect(inputs).toMatchObject({ sqsManagedSseEnabled: true, messageRetentionSeconds: 14 * 86_400 });
    for (const mapping of ofType(graph, "aws:lambda/eventSourceMapping:EventSourceMapping")) {
      const consumer = functions.find(({ inputs }) => String(mapping.inputs.functionName).includes(inputs.name));
      const queue = queues.find(({ inputs }) => String(mapping.inputs.eventSourceArn).endsWith(inputs.name));
      const { maxReceiveCount, deadLetterTargetArn } = JSON.parse(queue?.inputs.redrivePolicy);
      expect(deadLetterTargetArn).toContain(undelivered.inputs.name);
      expect(queue?.inputs.visibilityTimeoutSeconds).toBeGreaterThanOrEqual(6 * consumer?.inputs.timeout);
      expect(maxReceiveCount * queue?.inputs.visibilityTimeoutSeconds).toBeGreaterThan(86_400);
      expect(mapping.inputs.functionResponseTypes).toEqual(["ReportBatchItemFailures"]);
    }
    expect(ofType(graph, "aws:lambda/eventSourceMapping:EventSourceMapping")).toHaveLength(1);
  });

  it("declares the table that the store is written for", () => {
    const { inputs } = only(graph, "aws:dynamodb/table:Table", "StoreTable");
    expect(inputs).toMatchObject({
      hashKey: tableDefinition.partitionKey,
      rangeKey: tableDefinition.sortKey,
      billingMode: tableDefinition.billingMode,
      ttl: { attributeName: tableDefinition.timeToLive, enabled: true },
      pointInTimeRecovery: { enabled: tableDefinition.pointInTimeRecovery },
    });
  });

  it("has no key of sessions in a function's environment, in its state or in what it prints", () => {
    // SST's own, for the links in a bundle: nothing is linked.
    const random = graph.resources.filter(({ type }) => type.startsWith("random:")).map(({ name }) => name);
    expect(random).toEqual(["LambdaEncryptionKey"]);
    const key = /[A-Za-z0-9+/_-]{43}/;
    for (const { inputs } of functions) {
      const { SST_KEY: _ofLinks, ...variables } = inputs.environment.variables as Record<string, string>;
      expect(Object.values(variables).filter((value) => /^[^:.]*$/.test(value) && key.test(value))).toEqual([]);
      expect(inputs.kmsKeyArn).toBeUndefined();
    }
    expect(log).not.toMatch(/[A-Za-z0-9+/]{43}=/);
    expect(JSON.stringify(graph.outputs)).not.toMatch(/[A-Za-z0-9+/]{43}=/);
  });
});
