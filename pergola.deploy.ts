import type { DeploySettings } from "./stacks/deploy-settings.ts";

/** What `sst deploy` builds, by stage. `stacks/deploy-settings.ts` explains each setting; `docs/deploy.md` has the steps and prices. */
export function deploySettings(stage: string): DeploySettings {
  const isProduction = stage === "production";
  return {
    region: process.env.AWS_REGION ?? "us-east-1",
    // Callers sign for AWS Lambda. With `domain` set, use "public": then Pergola's own auth types and policies decide.
    access: "iam",
    // exchangeAccounts: ["123456789012"],
    // webIdentity: [{ issuer: "https://token.actions.githubusercontent.com", audience: "my-network",
    //   subjects: ["repo:acme/shop:ref:refs/heads/main"], roleArn: "arn:aws:iam::123456789012:role/shop-ci" }],
    // administrators: ["arn:aws:iam::123456789012:role/operations"],
    // domain: { name: "mesh.example.com", zoneId: "Z0123456789ABCDEFGHIJ" },
    // vpcs: [{ id: "vpc-0123456789abcdef0", subnetIds: ["subnet-…", "subnet-…"], clientCidrs: ["10.0.0.0/16"] }],
    // gateway: {
    //   image: "123456789012.dkr.ecr.us-east-1.amazonaws.com/pergola:1", vpcId: "vpc-…", subnetIds: ["subnet-…", "subnet-…"],
    //   internal: true, clientCidrs: ["10.0.0.0/16"], cpu: 1024, memory: 2048, tasks: { min: 2, max: 10 },
    // },
    // network: { subnetIds: ["subnet-…", "subnet-…"], securityGroupIds: ["sg-…"] },
    functionTargets: ["mesh-*"],
    logDestinations: [],
    logRetention: isProduction ? "1 year" : "1 month",
    routerMemory: 1024,
    healthChecks: true,
    tracing: false,
    // openTelemetry: { OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector.example.com:4318" },
    // alarmEmail: "on-call@example.com",
  };
}
