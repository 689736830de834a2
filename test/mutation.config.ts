import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The first test that fails ends the run of a mutant: the fast ones go first, and the ones with thousands of runs go last. */
const order = ["/core/", "/prop/", "/golden/dashboard", "/golden/property", "/golden/journals", "/golden/", "/model/"];

class FastFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => order.findIndex((part) => moduleId.includes(part));
    return [...files].sort((a, b) => rank(a) - rank(b));
  }
}

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
    fileParallelism: false,
    sequence: { sequencer: FastFirst },
  },
});
