import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    coverage: {
      provider: "v8",
      include: ["core/**/*.ts"],
      reporter: [["text", { skipFull: true }]],
      thresholds: { branches: 100 },
    },
  },
});
