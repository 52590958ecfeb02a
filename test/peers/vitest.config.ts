import { defineConfig } from "vitest/config";

/**
 * Tests with clients and servers of others: `npm run test:peers`. They need curl, openssl, h2load (Debian's nghttp2-client), go and python3,
 * and fetch grpcio from PyPI.
 */
export default defineConfig({
  test: {
    // Real processes and sockets on shared machines: in CI a test that fails is run again, twice at most, and says so.
    retry: process.env.CI === undefined ? 0 : 2,
    include: ["test/peers/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 300_000,
  },
});
