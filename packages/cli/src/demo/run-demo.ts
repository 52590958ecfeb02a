import { fileURLToPath } from "node:url";
import { VPCLatticeClient } from "@aws-sdk/client-vpc-lattice";
import type { Logger } from "@pergola/core";
import { type ConfigAdditions, findFunction, type RunningServer, type Settings } from "@pergola/server";
import { startInstanceApp } from "./instance-app.ts";
import { type DemoSetup, setUpDemo } from "./set-up-demo.ts";

/** The example of `pergola serve --demo`. */
export interface Demo {
  /** With a functions directory that has the demo's function. */
  readonly settings: Settings;
  readonly additions: ConfigAdditions;
  /** Makes the example through the API. @returns what to tell the user */
  setUp(server: RunningServer): Promise<string>;
  close(): Promise<void>;
}

/** An EC2 instance id that stands for the program on this machine. */
export const demoInstanceId = "i-0123456789abcdef0";
const functionName = "hello";

/** Starts the instance's program and finds the function, before the server is started. */
export async function prepareDemo(settings: Settings, logger: Logger): Promise<Demo> {
  const app = await startInstanceApp();
  return {
    settings: withFunction(settings, logger),
    additions: { instances: new Map([[demoInstanceId, "127.0.0.1"]]) },
    setUp: async (server) => setUp(server, app.port),
    close: () => app.close(),
  };
}

function withFunction(settings: Settings, logger: Logger): Settings {
  if (settings.lambdaEndpoint !== undefined || findFunction(settings.functionsDir, functionName) !== undefined) {
    return settings;
  }
  const functionsDir = fileURLToPath(new URL("./functions", import.meta.url));
  logger.info(`the demo brings its own function: ${settings.functionsDir} has none of the name \`${functionName}\``);
  return { ...settings, functionsDir };
}

async function setUp(server: RunningServer, instancePort: number): Promise<string> {
  const { accountId, region, requireAuth } = server.settings;
  const lines: string[] = [];
  const client = new VPCLatticeClient({
    endpoint: server.apiUrl,
    region,
    // With --require-auth the SDK's usual sources have to give a key of the configuration.
    ...(requireAuth ? {} : { credentials: { accessKeyId: "demo", secretAccessKey: "demo" } }),
  });
  try {
    const setup = await setUpDemo(client, {
      instanceId: demoInstanceId,
      instancePort,
      functionArn: `arn:aws:lambda:${region}:${accountId}:function:${functionName}`,
      accountId,
      region,
      onStep: ({ title, awsCli, done }) =>
        lines.push(`  ${title}${done ? "" : " (was there already)"}`, `    ${awsCli}`),
    });
    return [`Demo, each step with the AWS CLI command that does the same:\n`, ...lines, ...callIt(server, setup)].join(
      "\n",
    );
  } finally {
    client.destroy();
  }
}

function callIt({ settings, httpsPort, caFile }: RunningServer, setup: DemoSetup): string[] {
  const { domainName, logGroupArn } = setup;
  const logs = `${settings.dataDir}/logs/cloudwatch${logGroupArn.slice(logGroupArn.indexOf(":log-group:") + ":log-group:".length)}/`;
  const curl = `curl --cacert ${caFile} --connect-to ::127.0.0.1:${httpsPort ?? settings.httpsPort}`;
  return [
    "",
    "Call it:",
    "",
    `  ${curl} https://${domainName}/              # instance or function, 20 to 10`,
    `  ${curl} https://${domainName}/to-instance`,
    `  ${curl} https://${domainName}/to-function`,
    "",
    `Access logs: ${logs}`,
    "",
    "",
  ];
}
