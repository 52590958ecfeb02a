import { defineConfig } from "vitest/config";

/** Tests of the whole deployment with the real sst command: `npm run test:stacks`. After the first time they need no network. */
export default defineConfig({
  test: {
    include: ["test/stacks/**/*.test.ts"],
    globalSetup: ["test/stacks/harness/deploy-all.ts"],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
  },
});
