import { type Moment, type Recorded, replay, type Timings } from "../../core/index.js";
import { together } from "../explain/nodes/together.js";
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

/** @throws JournalError, NodesError */
export const sourceOf = (files: ReadonlyArray<string>): Source => {
  const runs = runsOf(files);
  const torn = warnOfTorn();
  const recordings = runs.map((paths) => {
    const events = eventsOf(paths, runs.length === 1 ? bar.show : undefined, torn);
    return { name: paths.join(" "), events };
  });
  const [first] = recordings;
  if (first === undefined) throw new Error("no file was named");
  return {
    runs,
    moments: () => (recordings.length === 1 ? replay(first.events) : together(recordings)),
    timings: first.events.header.timings,
  };
};
