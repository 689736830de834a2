import { defineConfig } from "vitest/config";

/**
 * The tests of core for `npm run mutate`. Two are left out: a golden test that opens real sockets, which says nothing about a mutant
 * of core, and the one that times large states, which is slow and would only find what is slow.
 */
export default defineConfig({
  test: {
    include: ["test/{core,prop,model,golden}/**/*.test.ts"],
    exclude: ["test/golden/dashboard.test.ts", "test/core/growth.test.ts"],
    testTimeout: 30_000,
    isolate: false,
  },
});
