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
    // Below the 5 s after which Node's own servers close an idle connection, which may not pass for what a test waits for.
    expect: { poll: { timeout: 4_000 } },
    hookTimeout: 30_000,
  },
});
