import { defineConfig } from "vitest/config";

/** The walkthrough and faults of a deployment on AWS, against a stand-in from PyPI. They need python3 and fetch once. */
export default defineConfig({
  test: {
    // Real processes and sockets on shared machines: in CI a test that fails is run again, twice at most, and says so.
    retry: process.env.CI === undefined ? 0 : 2,
    include: ["test/aws-walkthrough/**/*.test.ts"],
    globalSetup: ["test/aws/moto-server.ts"],
    testTimeout: 300_000,
    hookTimeout: 120_000,
    // moto is one Python process, and the entries are processes of their own.
    maxWorkers: 1,
  },
});
