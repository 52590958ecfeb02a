import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "test/clients/**", "test/aws/**", "test/stacks/**"],
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
