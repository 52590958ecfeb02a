import { defineConfig } from "vitest/config";

/** Tests of the whole deployment with the real sst command: `npm run test:stacks`. After the first time they need no network. */
export default defineConfig({
  test: {
    // Real processes and sockets on shared machines: in CI a test that fails is run again, twice at most, and says so.
    retry: process.env.CI === undefined ? 0 : 2,
    include: ["test/stacks/**/*.test.ts"],
    globalSetup: ["test/stacks/harness/deploy-all.ts"],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
  },
});
