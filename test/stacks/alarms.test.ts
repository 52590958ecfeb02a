import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { graphOf } from "./harness/deployment.ts";
import { ofType, only } from "./harness/graph.ts";

describe("alarms", () => {
  const graph = graphOf("everything");
  const alarms = ofType(graph, "aws:cloudwatch/metricAlarm:MetricAlarm");

  it.each(alarms.map((alarm) => [alarm.name, alarm] as const))(
    "%s says what it means and watches something that is there",
    (_name, { inputs }) => {
      expect(inputs.alarmDescription).toMatch(/: /);
      expect(inputs.alarmActions).toHaveLength(1);
      const watched = Object.values((inputs.dimensions ?? {}) as Record<string, string>);
      const physical = new Set(graph.resources.map((resource) => resource.inputs?.name));
      // Load balancers and their target groups are named by the end of their ARN.
      const isThere = (name: string): boolean =>
        physical.has(name) || graph.resources.some(({ id }) => id?.startsWith("arn:") && id.endsWith(`:${name}`));
      expect(watched.filter((name) => !isThere(name))).toEqual([]);
      if (watched.length > 0) return;
      const filters = ofType(graph, "aws:cloudwatch/logMetricFilter:LogMetricFilter");
      expect(filters.map((filter) => filter.inputs.metricTransformation.name)).toContain(inputs.metricName);
    },
  );

  it("watch the log for messages that the code writes", () => {
    const sources = globSync("packages/{data-plane,lambda,server}/src/**/*.ts").map((file) =>
      readFileSync(file, "utf8"),
    );
    const filters = ofType(graph, "aws:cloudwatch/logMetricFilter:LogMetricFilter");
    expect(filters.length).toBeGreaterThan(0);
    for (const { inputs } of filters) {
      const message = /^\{ \$\.message = "([^"*]+)\*?" \}$/.exec(inputs.pattern)?.[1];
      expect(message).toBeTruthy();
      expect(sources.some((source) => source.includes(`"${message}`))).toBe(true);
    }
  });

  it("cover every router", () => {
    const routers = ofType(graph, "aws:lambda/function:Function").filter(({ name }) => name.endsWith("RouterFunction"));
    expect(routers).toHaveLength(3);
    for (const { inputs } of routers) {
      const watching = alarms.filter((alarm) => alarm.inputs.dimensions?.FunctionName === inputs.name);
      expect(watching.map((alarm) => alarm.inputs.metricName)).toEqual(expect.arrayContaining(["Errors", "Throttles"]));
    }
  });

  it("count 5xx where a router's answers are counted: at its URL, or at its load balancer", () => {
    const withUrl = new Set(
      ofType(graph, "aws:lambda/functionUrl:FunctionUrl").map(({ inputs }) => inputs.functionName),
    );
    const ofUrls = alarms.filter(({ inputs }) => inputs.metricName === "Url5xxCount");
    expect(ofUrls).toHaveLength(1);
    for (const { inputs } of ofUrls) expect(withUrl).toContain(inputs.dimensions.FunctionName);
    const ofBalancers = alarms.filter(({ inputs }) => inputs.metricName === "HTTPCode_Target_5XX_Count");
    expect(new Set(ofBalancers.map(({ inputs }) => inputs.dimensions.LoadBalancer)).size).toBe(2);
  });

  it("count 5xx of the gateway by its log, since its load balancer sees no HTTP", () => {
    const [filter] = ofType(graph, "aws:cloudwatch/logMetricFilter:LogMetricFilter").filter(
      ({ inputs }) => inputs.metricTransformation.name === "Gateway5xx",
    );
    const [alarm] = alarms.filter(({ inputs }) => inputs.metricName === "Gateway5xx");
    const group = only(graph, "aws:cloudwatch/logGroup:LogGroup", "GatewayLogs");
    expect(filter?.inputs).toMatchObject({
      logGroupName: group.inputs.name,
      metricTransformation: { namespace: alarm?.inputs.namespace, value: "$.count" },
    });
    expect(alarm?.inputs).toMatchObject({ statistic: "Sum", threshold: 10, evaluationPeriods: 3 });
  });

  it("reach a mail address where the settings name one", () => {
    const [subscription] = ofType(graph, "aws:sns/topicSubscription:TopicSubscription");
    expect(subscription?.inputs).toMatchObject({ protocol: "email", endpoint: "on-call@example.com" });
    expect(ofType(graphOf("dev"), "aws:sns/topicSubscription:TopicSubscription")).toEqual([]);
  });
});
