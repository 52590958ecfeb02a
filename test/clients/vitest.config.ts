import { defineConfig } from "vitest/config";

/**
 * Tests with clients that are not from the npm registry: `npm run test:clients`. They need python3 and go, and fetch from PyPI and
 * the Go module proxy.
 */
export default defineConfig({
  test: {
    // Real processes and sockets on shared machines: in CI a test that fails is run again, twice at most, and says so.
    retry: process.env.CI === undefined ? 0 : 2,
    globalSetup: "test/clients/global-setup.ts",
    include: ["test/clients/**/*.test.ts", "test/signers/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
