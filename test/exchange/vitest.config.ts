import { defineConfig } from "vitest/config";

/** The credential exchange on a stand-in of AWS from PyPI: what `npm test` leaves out. Needs python3 and fetches once. */
export default defineConfig({
  test: {
    // Real processes and sockets on shared machines: in CI a test that fails is run again, twice at most, and says so.
    retry: process.env.CI === undefined ? 0 : 2,
    include: ["test/exchange/on-aws.test.ts"],
    globalSetup: ["test/aws/moto-server.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 1,
  },
});
