import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Real processes and sockets on shared machines: in CI a test that fails is run again, twice at most, and says so.
    retry: process.env.CI === undefined ? 0 : 2,
    include: ["packages/**/*.test.ts", "test/**/*.test.ts"],
    exclude: [
      "**/node_modules/**",
      "test/clients/**",
      "test/peers/**",
      "test/aws/**",
      "test/aws-walkthrough/**",
      "test/stacks/**",
    ],
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
