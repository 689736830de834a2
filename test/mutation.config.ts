import { defineConfig } from "vitest/config";

/** The tests of core for `npm run mutate`. One of the golden tests opens real sockets, which says nothing about a mutant of core. */
export default defineConfig({
  test: {
    include: ["test/{core,prop,model,golden}/**/*.test.ts"],
    exclude: ["test/golden/dashboard.test.ts"],
    testTimeout: 30_000,
    isolate: false,
  },
});
