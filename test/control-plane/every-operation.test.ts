import { afterAll, beforeAll } from "vitest";
import { createJsClient } from "../clients/js-client.ts";
import { describeClient } from "../clients/scenario/describe-client.ts";
import { openWorld, type World } from "../clients/world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld({ endpoints: 3 });
}, 60_000);
afterAll(() => world?.[Symbol.asyncDispose]());

describeClient(
  "the AWS SDK for JavaScript",
  () => world,
  async ({ settings }) => createJsClient(settings),
);
