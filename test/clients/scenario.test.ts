import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";
import { type ApiClient, startClientProgram } from "./api-client.ts";
import { goProgram } from "./go-program.ts";
import { pythonTool } from "./python-tools.ts";
import { describeClient } from "./scenario/describe-client.ts";
import { openWorld, type World } from "./world.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

let world: World;
beforeAll(async () => {
  // One for each client, and for each time that a failed test is run again.
  world = await openWorld({ endpoints: 9 });
});
afterAll(() => world?.[Symbol.asyncDispose]());

const python =
  (program: string) =>
  async ({ settings }: World): Promise<ApiClient> =>
    startClientProgram(program, [await pythonTool("python3"), here(program)], settings);

describeClient("boto3", () => world, python("python/boto3_client.py"));
describeClient("the AWS CLI", () => world, python("python/aws_cli_client.py"));
describeClient(
  "aws-sdk-go-v2",
  () => world,
  async ({ settings }) => startClientProgram("aws-sdk-go-v2", [await goProgram(here("go"))], settings),
);
