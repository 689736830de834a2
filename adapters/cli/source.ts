import { statSync } from "node:fs";
import { type Moment, type Recorded, replay, type Timings } from "../../core/index.js";
import { together, type Unrecorded } from "../explain/nodes/together.js";
import { eventsOf, runsOf } from "../journal/read.js";
import { bar, warnOfTorn } from "./terminal.js";

/** Recordings that were named on the command line: of one run, or of several nodes. */
export interface Source {
  /** The files of each run. */
  readonly runs: ReadonlyArray<ReadonlyArray<string>>;
  /** Read anew each time; of several nodes as those of one server. */
  readonly moments: () => Iterable<Moment<Recorded>>;
  /** Of the sockets of the first. */
  readonly timings: Timings;
}

/** Whether the files are of nodes of a cluster: of several runs, or of one that had others beside it. A pipe can be read only once. */
export const isOfNodes = (runs: ReadonlyArray<ReadonlyArray<string>>): boolean => {
  const [files = [], ...others] = runs;
  if (others.length > 0) return true;
  if (!files.every((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true)) return false;
  const [first] = eventsOf(files);
  return first?.kind === "ServerStarted" && first.cluster !== undefined;
};

/** A callback that tells of each node without a recording, once, however often the others are read. */
const warnOfUnrecorded = (): ((node: Unrecorded) => void) => {
  const told = new Set<number>();
  return ({ number, node }) => {
    if (told.has(number)) return;
    told.add(number);
    process.stderr.write(
      `node ${number} (${node}) has no recording here: of its clients only what the log and other nodes tell is known\n`,
    );
  };
};

/** @throws JournalError, NodesError */
export const sourceOf = (files: ReadonlyArray<string>): Source => {
  const runs = runsOf(files);
  const torn = warnOfTorn();
  const unrecorded = warnOfUnrecorded();
  const isTogether = isOfNodes(runs);
  const recordings = runs.map((paths) => {
    const events = eventsOf(paths, runs.length === 1 ? bar.show : undefined, torn);
    return { name: paths.join(" "), events };
  });
  const [first] = recordings;
  if (first === undefined) throw new Error("no file was named");
  return {
    runs,
    moments: () => (isTogether ? together(recordings, unrecorded) : replay(first.events)),
    timings: first.events.header.timings,
  };
};
