import type { DeploySettings } from "../../../stacks/deploy-settings.ts";
import { account, region } from "./account.ts";

/** Everything that can be switched on. */
const everything: DeploySettings = {
  region,
  access: "public",
  exchangeAccounts: [account, "999900001111/o-abcdefghij"],
  webIdentity: [
    {
      issuer: "https://token.actions.githubusercontent.com",
      audience: "mesh",
      subjects: ["repo:acme/shop:*"],
      roleArn: `arn:aws:iam::${account}:role/shop-ci`,
    },
  ],
  administrators: [`arn:aws:iam::${account}:role/ops`],
  domain: { name: "mesh.example.com", zoneId: "Z0123456789ABCDEFGHIJ", customNames: ["shop.mesh.example.com"] },
  vpcs: [
    { id: "vpc-0aaa1111", subnetIds: ["subnet-0aaa1111", "subnet-0aaa2222"], clientCidrs: ["10.0.0.0/16"] },
    {
      id: "vpc-0bbb1111",
      account: "999900001111",
      subnetIds: ["subnet-0bbb1111", "subnet-0bbb2222"],
      clientCidrs: ["10.1.0.0/16", "10.2.0.0/16"],
    },
  ],
  gateway: {
    image: `${account}.dkr.ecr.${region}.amazonaws.com/mesh/pergola:1.2`,
    vpcId: "vpc-0ddd1111",
    subnetIds: ["subnet-0ddd1111", "subnet-0ddd2222"],
    internal: true,
    clientCidrs: ["10.3.0.0/16"],
    ports: [80, 443, 5000],
    certificateSecret: `arn:aws:secretsmanager:${region}:${account}:secret:mesh-tls-AbCdEf`,
    cpu: 1024,
    memory: 2048,
    tasks: { min: 2, max: 10 },
  },
  network: { subnetIds: ["subnet-0ccc1111"], securityGroupIds: ["sg-0ccc1111"] },
  functionTargets: ["orders-*", "*"],
  logDestinations: [
    `arn:aws:logs:${region}:${account}:log-group:/mesh/access:*`,
    "arn:aws:s3:::mesh-access",
    `arn:aws:firehose:${region}:${account}:deliverystream/mesh-access`,
  ],
  logRetention: "1 year",
  routerMemory: 1769,
  routerConcurrency: 100,
  healthChecks: true,
  dnsServer: "1.1.1.1",
  tracing: true,
  openTelemetry: {
    OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector.mesh.example.com:4318",
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.1",
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=production",
  },
  alarmEmail: "on-call@example.com",
};

/** Little: clients of one VPC, plain HTTP, names of a private zone; sessions for clients, and no administrators who use them. */
const {
  administrators: _administrators,
  domain: _domain,
  network: _network,
  gateway: _gateway,
  alarmEmail: _alarmEmail,
  openTelemetry: _openTelemetry,
  routerConcurrency: _concurrency,
  ...rest
} = everything;
const inOneVpc: DeploySettings = {
  ...rest,
  access: "none",
  vpcs: (everything.vpcs ?? []).slice(0, 1),
  functionTargets: [],
  logDestinations: [],
  healthChecks: false,
  tracing: false,
};

/** The deployments that tests look at; those without settings have what `pergola.deploy.ts` says. */
export const variants: Readonly<Record<string, { readonly stage: string; readonly settings?: DeploySettings }>> = {
  dev: { stage: "dev" },
  production: { stage: "production" },
  everything: { stage: "production", settings: everything },
  "one-vpc": { stage: "staging", settings: inOneVpc },
};
