import { expect, it } from "vitest";
import { graphOf } from "./harness/deployment.ts";
import { ofType, only } from "./harness/graph.ts";
import { variants } from "./harness/variants.ts";

type Variables = Readonly<Record<string, string>>;

function openTelemetryOf(variables: Variables = {}): Variables {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => name.startsWith("OTEL_")));
}

/** By name, the functions that know of OpenTelemetry. */
function toldFunctions(variant: string): Record<string, Variables> {
  const functions = ofType(graphOf(variant), "aws:lambda/function:Function");
  const told = functions.map(({ name, inputs }) => [name, openTelemetryOf(inputs.environment?.variables)] as const);
  return Object.fromEntries(told.filter(([, variables]) => Object.keys(variables).length > 0));
}

it("the routers and the gateway are told where spans go, as the settings say, and no other function is", () => {
  const given = variants.everything?.settings?.openTelemetry;
  expect(toldFunctions("everything")).toEqual({
    RouterFunction: given,
    Vpc0aaa1111RouterFunction: given,
    Vpc0bbb1111RouterFunction: given,
  });
  const { containerDefinitions } = only(
    graphOf("everything"),
    "aws:ecs/taskDefinition:TaskDefinition",
    "GatewayTask",
  ).inputs;
  const environment: { name: string; value: string }[] = JSON.parse(containerDefinitions)[0].environment;
  expect(openTelemetryOf(Object.fromEntries(environment.map(({ name, value }) => [name, value])))).toEqual(given);
});

it.each(["dev", "production", "one-vpc"])("nobody is in the deployment %s, whose settings say nothing", (variant) => {
  expect(toldFunctions(variant)).toEqual({});
});
