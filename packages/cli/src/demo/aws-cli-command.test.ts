import { expect, it } from "vitest";
import { awsCliCommand } from "./aws-cli-command.ts";

it.each([
  [
    "CreateService",
    { name: "my-service", authType: "AWS_IAM" },
    "create-service --name my-service --auth-type AWS_IAM",
  ],
  ["GetService", { serviceIdentifier: undefined }, "get-service"],
  [
    "CreateServiceNetworkVpcAssociation",
    { vpcIdentifier: "vpc-1", privateDnsEnabled: false },
    "create-service-network-vpc-association --vpc-identifier vpc-1 --no-private-dns-enabled",
  ],
  ["CreateRule", { priority: 10, match: { a: 1 } }, `create-rule --priority 10 --match '{"a":1}'`],
  ["CreateService", { name: "it's; rm -rf" }, `create-service --name 'it'\\''s; rm -rf'`],
  ["CreateService", { name: "" }, "create-service --name ''"],
])("%s with %j is the AWS CLI's `%s`", (operation, input, expected) => {
  expect(awsCliCommand(operation, input)).toBe(`aws vpc-lattice ${expected}`);
});
