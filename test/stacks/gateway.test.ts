import { loadGatewaySettings } from "@pergola/server";
import { describe, expect, it } from "vitest";
import { account, region } from "./harness/account.ts";
import { graphOf } from "./harness/deployment.ts";
import { allowedBy, ofType, only, statementsOf } from "./harness/graph.ts";

const graph = graphOf("everything");
const definition = only(graph, "aws:ecs/taskDefinition:TaskDefinition", "GatewayTask").inputs;
const [container] = JSON.parse(definition.containerDefinitions);
const environment: Record<string, string> = Object.fromEntries(
  container.environment.map(({ name, value }: { name: string; value: string }) => [name, value]),
);

describe("the gateway on Fargate", () => {
  it("is not there unless the settings ask for it", () => {
    for (const variant of ["dev", "production", "one-vpc"]) {
      const types = graphOf(variant).resources.map(({ type }) => type);
      expect(types.filter((type) => type.startsWith("aws:ecs/"))).toEqual([]);
    }
  });

  it("understands its environment, which has no key in it", () => {
    const settings = loadGatewaySettings(environment, {}, "/");
    expect(settings).toMatchObject({
      table: only(graph, "aws:dynamodb/table:Table", "StoreTable").inputs.name,
      region,
      listeners: [
        [80, 8080],
        [443, 8443],
        [5000, 5000],
      ],
      healthPort: 8081,
      sourceVpc: { vpcId: "vpc-0ddd1111", account },
      kmsKeyId: `arn:aws:kms:${region}:${account}:key/${ofType(graph, "aws:kms/key:Key")[0]?.id}`,
    });
    expect(container.secrets).toEqual([
      { name: "PERGOLA_TLS_PEM", valueFrom: `arn:aws:secretsmanager:${region}:${account}:secret:mesh-tls-AbCdEf` },
    ]);
    // What is in flight has time to finish, and records to leave, before the container is killed.
    expect(settings.drainMs + 15_000).toBeLessThan(container.stopTimeout * 1000);
    const places = [...settings.listeners.map(([, port]) => port), settings.healthPort];
    expect(container.portMappings.map((one: { containerPort: number }) => one.containerPort)).toEqual(places);
  });

  it("runs on ARM, with logs that end, and takes a version back that does not start", () => {
    expect(definition).toMatchObject({
      requiresCompatibilities: ["FARGATE"],
      runtimePlatform: { cpuArchitecture: "ARM64" },
      cpu: "1024",
      memory: "2048",
    });
    const group = only(graph, "aws:cloudwatch/logGroup:LogGroup", "GatewayLogs");
    expect(container.logConfiguration.options["awslogs-group"]).toBe(group.inputs.name);
    expect(group.inputs.retentionInDays).toBe(365);
    const service = only(graph, "aws:ecs/service:Service", "GatewayService").inputs;
    expect(service.deploymentCircuitBreaker).toEqual({ enable: true, rollback: true });
    expect(service.enableExecuteCommand).toBe(false);
    expect(service.networkConfiguration).toMatchObject({ assignPublicIp: false });
    expect(service.loadBalancers).toHaveLength(3);
    expect(only(graph, "aws:appautoscaling/target:Target", "GatewayScaling").inputs).toMatchObject({
      minCapacity: 2,
      maxCapacity: 10,
    });
  });

  it("is reached by its load balancer only, which keeps the client's address", () => {
    const groups = ofType(graph, "aws:lb/targetGroup:TargetGroup").filter(({ name }) => name.startsWith("Gateway"));
    expect(groups.map(({ inputs }) => inputs.port)).toEqual([8080, 8443, 5000]);
    for (const { inputs } of groups) {
      expect(inputs).toMatchObject({ protocol: "TCP", targetType: "ip", preserveClientIp: "true" });
      expect(inputs.healthCheck).toMatchObject({ protocol: "HTTP", path: "/health", port: "8081" });
    }
    const clients = only(graph, "aws:ec2/securityGroup:SecurityGroup", "GatewayClients");
    const tasks = only(graph, "aws:ec2/securityGroup:SecurityGroup", "GatewayTasks").inputs;
    expect(clients.inputs.ingress.map(({ fromPort }: { fromPort: number }) => fromPort)).toEqual([80, 443, 5000]);
    for (const { cidrBlocks } of clients.inputs.ingress) expect(cidrBlocks).toEqual(["10.3.0.0/16"]);
    for (const { cidrBlocks, securityGroups } of tasks.ingress)
      expect([cidrBlocks ?? [], securityGroups]).toEqual([[], [clients.id]]);
    const [balancer] = ofType(graph, "aws:lb/loadBalancer:LoadBalancer").filter(
      ({ name }) => name === "GatewayBalancer",
    );
    expect(balancer?.inputs).toMatchObject({ loadBalancerType: "network", internal: true });
    const listeners = ofType(graph, "aws:lb/listener:Listener").filter(({ name }) => name.startsWith("Gateway"));
    expect(listeners.map(({ inputs }) => `${inputs.protocol}:${inputs.port}`)).toEqual([
      "TCP:80",
      "TCP:443",
      "TCP:5000",
    ]);
  });

  it("has service names lead to it in its VPC", () => {
    const zone = only(graph, "aws:route53/zone:Zone", "GatewayZone");
    expect(zone.inputs.vpcs).toEqual([{ vpcId: "vpc-0ddd1111" }]);
    const record = only(graph, "aws:route53/record:Record", "GatewayWildcard").inputs;
    expect(record.name).toBe(`*.7d67968.vpc-lattice-svcs.${region}.mesh.example.com`);
  });

  it("may do what a router may, and open certificates; what starts it may fetch the image and the certificate", () => {
    const of = (role: string) => allowedBy(graph, role).filter((one) => !one.startsWith("kms:"));
    expect(of("GatewayRole")).toEqual(of("RouterRole").filter((one) => !one.startsWith("xray:")));
    const denied = statementsOf(only(graph, "aws:iam/role:Role", "GatewayRole")).filter(
      ({ Effect }) => Effect === "Deny",
    );
    expect(denied).toHaveLength(1);
    const repository = `arn:aws:ecr:${region}:${account}:repository/mesh/pergola`;
    expect(allowedBy(graph, "GatewayStartRole")).toEqual([
      `ecr:BatchCheckLayerAvailability ${repository}`,
      `ecr:BatchGetImage ${repository}`,
      "ecr:GetAuthorizationToken *",
      `ecr:GetDownloadUrlForLayer ${repository}`,
      `logs:CreateLogStream arn:aws:logs:${region}:${account}:log-group:/pergola/production/gateway:*`,
      `logs:PutLogEvents arn:aws:logs:${region}:${account}:log-group:/pergola/production/gateway:*`,
      `secretsmanager:GetSecretValue arn:aws:secretsmanager:${region}:${account}:secret:mesh-tls-AbCdEf`,
    ]);
  });
});
