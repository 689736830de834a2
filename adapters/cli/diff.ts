import type { Recorded } from "../../core/index.js";
import { differences, type OtherCore } from "../explain/difference.js";
import { printable } from "../observe/printable.js";
import { say } from "./terminal.js";

const differencesShown = 10;

/** `--diff`: the first events whose effects differ in another build. Sets the exit code to 1 where there are any. */
export const showDifferences = (events: Iterable<Recorded>, other: OtherCore): void => {
  const found = differences(events, other, differencesShown);
  if (found.length === 0) return say("the other build causes the same effects, event by event");
  process.exitCode = 1;
  const lines = found.flatMap(({ event, kind, here, there }) => [
    `#${event} ${kind}`,
    `  here  ${printable(JSON.stringify(here), 2_000)}`,
    `  there ${printable(JSON.stringify(there), 2_000)}`,
  ]);
  say([`the first ${found.length} events whose effects differ:`, ...lines].join("\n"));
};
