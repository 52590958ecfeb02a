export { awsCliCommand } from "./demo/aws-cli-command.ts";
export { type InstanceApp, startInstanceApp } from "./demo/instance-app.ts";
export { demoInstanceId } from "./demo/run-demo.ts";
export { type DemoOptions, type DemoSetup, type DemoStep, demoVpcIds, setUpDemo } from "./demo/set-up-demo.ts";
export { type CliIo, runCli } from "./run-cli.ts";
