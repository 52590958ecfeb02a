import { defineConfig } from "vitest/config";

/** Tests against a stand-in of AWS from PyPI: `npm run test:aws`. They need python3 and fetch once. */
export default defineConfig({
  test: {
    // Real processes and sockets on shared machines: in CI a test that fails is run again, twice at most, and says so.
    retry: process.env.CI === undefined ? 0 : 2,
    include: ["test/aws/**/*.test.ts"],
    globalSetup: ["test/aws/moto-server.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Each has a moto of its own.
    maxWorkers: 2,
  },
});
