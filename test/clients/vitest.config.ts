import { defineConfig } from "vitest/config";

/** Tests with clients that are not from the npm registry: `npm run test:clients`. They need python3 and fetch from PyPI. */
export default defineConfig({
  test: {
    include: ["test/clients/**/*.test.ts", "test/signers/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
