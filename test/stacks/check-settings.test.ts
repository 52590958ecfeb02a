import { describe, expect, it } from "vitest";
import { deploySettings } from "../../pergola.deploy.ts";
import { problemsOfSettings } from "../../stacks/check-settings.ts";
import type { DeploySettings } from "../../stacks/deploy-settings.ts";
import { deploy } from "./harness/deploy.ts";
import { variants } from "./harness/variants.ts";

const everything = variants.everything?.settings as DeploySettings;
const [vpc] = everything.vpcs ?? [];
const [mapping] = everything.webIdentity ?? [];
const [endpoint, headers] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS"];
const otel = { [endpoint]: "https://collector.example.com:4318" };
const bad: readonly [problem: string, change: object][] = [
  ["region: ", { region: "Frankfurt" }],
  ["access: with a domain", { access: "iam" }],
  ["access: with `none`", { access: "none", domain: undefined, vpcs: [] }],
  ["domain.name: ", { domain: { name: "Mesh.example.com", zoneId: "Z0123456789" } }],
  ["domain.name: ", { domain: { name: `${"a".repeat(60)}.example.com`, zoneId: "Z0123456789" } }],
  ["domain.zoneId: ", { domain: { name: "mesh.example.com", zoneId: "/hostedzone/Z0123456789" } }],
  ["domain.customNames: ", { domain: { ...everything.domain, customNames: ["*.*.example.com"] } }],
  ["vpcs[0].id: ", { vpcs: [{ ...vpc, id: "my-vpc" }] }],
  ["vpcs[0].account: ", { vpcs: [{ ...vpc, account: "12345" }] }],
  ["vpcs[0].subnetIds: ", { vpcs: [{ ...vpc, subnetIds: ["subnet-0aaa1111", "subnet-0aaa1111"] }] }],
  ["vpcs[0].clientCidrs: ", { vpcs: [{ ...vpc, clientCidrs: ["everybody"] }] }],
  ["vpcs: ", { vpcs: [vpc, vpc] }],
  ["network.securityGroupIds: ", { network: { ...everything.network, securityGroupIds: [] } }],
  ["gateway.image: ", { gateway: { ...everything.gateway, image: "pergola" } }],
  ["gateway.vpcId: ", { gateway: { ...everything.gateway, vpcId: "my-vpc" } }],
  ["gateway.vpcId: ", { gateway: { ...everything.gateway, vpcId: vpc?.id } }],
  ["gateway.subnetIds: ", { gateway: { ...everything.gateway, subnetIds: ["subnet-0ddd1111"] } }],
  ["gateway.clientCidrs: ", { gateway: { ...everything.gateway, clientCidrs: ["everybody"] } }],
  ["gateway.ports: ", { gateway: { ...everything.gateway, ports: [80, 80] } }],
  ["gateway.ports: ", { gateway: { ...everything.gateway, ports: [80, 8080] } }],
  ["gateway.ports: ", { gateway: { ...everything.gateway, ports: [8081] } }],
  ["gateway.ports: ", { gateway: { ...everything.gateway, ports: [] } }],
  ["gateway.certificateSecret: ", { gateway: { ...everything.gateway, certificateSecret: "tls" } }],
  ["gateway.memory: ", { gateway: { ...everything.gateway, memory: 512 } }],
  ["gateway.tasks: ", { gateway: { ...everything.gateway, tasks: { min: 3, max: 2 } } }],
  ["exchangeAccounts: ", { exchangeAccounts: ["any"], webIdentity: undefined }],
  ["exchangeAccounts: ", { exchangeAccounts: [], webIdentity: undefined }],
  ["webIdentity: ", { webIdentity: [] }],
  ["webIdentity: ", { webIdentity: Array(20).fill({ ...mapping, subjects: ["s".repeat(200)] }) }],
  ["webIdentity[0].issuer: ", { webIdentity: [{ ...mapping, issuer: "http://issuer.example.com" }] }],
  ["webIdentity[0].jwksUri: ", { webIdentity: [{ ...mapping, jwksUri: "http://issuer.example.com/keys" }] }],
  ["webIdentity[1].jwksUri: ", { webIdentity: [mapping, { ...mapping, jwksUri: "https://keys.example.com/" }] }],
  ["webIdentity[0].audience: ", { webIdentity: [{ ...mapping, audience: "" }] }],
  ["webIdentity[0].subjects: ", { webIdentity: [{ ...mapping, subjects: [] }] }],
  ["webIdentity[0].roleArn: ", { webIdentity: [{ ...mapping, roleArn: "arn:aws:iam::123456789012:user/x" }] }],
  ["webIdentity[0].roleArn: ", { webIdentity: [{ ...mapping, roleArn: "arn:aws:iam::555500001111:role/x" }] }],
  ["webIdentity[0].roleArn: ", { exchangeAccounts: undefined, administrators: [] }],
  ["administrators: ", { administrators: ["*"] }],
  ["administrators: ", { exchangeAccounts: undefined, webIdentity: undefined }],
  ["functionTargets: ", { functionTargets: ["arn:aws:lambda:*"] }],
  ["logDestinations: ", { logDestinations: ["*"] }],
  ["logDestinations: ", { logDestinations: ["arn:aws:s3:::*"] }],
  ["routerMemory: ", { routerMemory: 64 }],
  ["routerConcurrency: ", { routerConcurrency: 0.5 }],
  ["dnsServer: ", { dnsServer: "dns.example.com" }],
  ["alarmEmail: ", { alarmEmail: "nobody" }],
  ["openTelemetry: name the receiver", { openTelemetry: {} }],
  ["openTelemetry: name the receiver", { openTelemetry: { OTEL_SERVICE_NAME: "mesh" } }],
  ["openTelemetry: OTEL_EXPORTER_OTLP_ENDPOINT: use", { openTelemetry: { [endpoint]: "collector:4318" } }],
  ["openTelemetry: OTEL_EXPORTER_OTLP_ENDPOINT: use", { openTelemetry: { [endpoint]: "https://a:b@collector" } }],
  ["openTelemetry: use no OTEL_EXPORTER_OTLP_HEADERS", { openTelemetry: { ...otel, [headers]: "x-api-key=secret" } }],
  ["openTelemetry: use variables that count", { openTelemetry: { ...otel, NODE_OPTIONS: "--inspect" } }],
  ["openTelemetry: use at most", { openTelemetry: { ...otel, OTEL_SERVICE_NAME: "s".repeat(1_500) } }],
];

describe("settings", () => {
  it.each(["dev", "production"])("of the repository are right for the stage %s", (stage) => {
    expect(problemsOfSettings(deploySettings(stage), stage)).toEqual([]);
  });

  it("may have everything switched on", () => {
    expect(problemsOfSettings(everything, "production")).toEqual([]);
  });

  it.each(bad)("are refused with `%s…` for %o", (problem, change) => {
    const problems = problemsOfSettings({ ...everything, ...change } as DeploySettings, "dev");
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/use|name/);
    expect(problems[0]?.startsWith(problem)).toBe(true);
  });

  it.each(["", "a.b", "a-stage-of-21-letters"])("do not fit a stage named `%s`", (stage) => {
    expect(problemsOfSettings(everything, stage)).toEqual([expect.stringContaining("stage: use at most 20")]);
  });

  it("that are wrong stop the deployment before anything is made", async () => {
    const { status, log, graph, remove } = await deploy({
      stage: "dev",
      settings: { ...everything, routerMemory: 64 },
    });
    remove();
    expect(status).not.toBe(0);
    expect(log).toContain("routerMemory: use 128 to 10240 megabytes");
    expect(graph.resources).toEqual([]);
  });
});
