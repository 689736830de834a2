import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Tests of functions. */
const pure = ["core", "explain", "golden", "model", "observe", "prop", "simulation"].map(
  (room) => `test/${room}/**/*.test.ts`,
);

const hostile = ["test/hostile/**/*.test.ts"];

/** Other servers, for comparison: they are no part of this project, and are measured where a folder has them. */
const measured = process.env.HOSTILE_OTHERS === undefined ? ["test/hostile/others.test.ts"] : [];

/** Vitest begins with the largest files. One that is short to read and takes long would be alone at the end, beside an idle core. */
const slowest = /hostile\/attacks/;

class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isSlow = ({ moduleId }: TestSpecification): boolean => slowest.test(moduleId);
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: SlowestFirst },
    testTimeout: 30_000,
    // One for each core of a small machine. With more, tests that hold a server to a time fail now and then.
    maxWorkers: 2,
    // The files of a worker share one module graph: to import everything anew for each of them takes a second of CPU.
    isolate: false,
    projects: [
      { extends: true, test: { name: "pure", include: pure } },
      {
        extends: true,
        test: { name: "real", include: ["test/**/*.test.ts"], exclude: [...pure, ...hostile, ...measured] },
      },
      // After all others: they hold the server to times.
      { extends: true, test: { name: "hostile", include: hostile, exclude: measured, sequence: { groupOrder: 1 } } },
    ],
    coverage: {
      provider: "v8",
      include: ["core/**/*.ts"],
      reporter: [["text", { skipFull: true }]],
      thresholds: { branches: 100 },
    },
  },
});
