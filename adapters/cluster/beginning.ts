import * as O from "fp-ts/lib/Option.js";
import type { State } from "../../core/index.js";
import type { Reached } from "./batches.js";
import { reasonOf } from "./connection.js";
import type { Known, Snapshot, Snapshots } from "./snapshots.js";
import type { Stream } from "./stream.js";

interface Patience {
  readonly stream: Stream;
  readonly kept: Snapshots;
  /** A node that knows nothing leaves it so long to others to say what an empty log begins with: they may know what was lost. */
  readonly newcomerMs?: number | undefined;
  /** Between two attempts. */
  readonly pause: () => Promise<void>;
  readonly isClosed: () => boolean;
  /** Takes why there is no beginning yet. */
  readonly failed: (why: string) => void;
}

/** What a node begins with, and when the engine made the stream that this is of. */
export interface Begun extends Snapshot {
  readonly created: string;
}

/** Nodes that are running notice within so long that the engine is back. */
const newcomerMsDefault = 1_000;
/** The engine has so long to answer. */
const answerMs = 2_000;

/** `reached`: by the entries that have made the state. */
export const knownBy = ({ shared, local }: State, reached: Reached): Known | undefined => {
  const { cluster } = local.ordering;
  return O.isNone(cluster) ? undefined : { ...reached, shared, digest: cluster.value.digest };
};

/** Finds what a node begins with, which may know something; where the log is empty, it says it itself. Undefined: it was closed meanwhile. */
export const beginner =
  ({ stream, kept, newcomerMs = newcomerMsDefault, pause, isClosed, failed }: Patience) =>
  async (known: Known | undefined): Promise<Begun | undefined> => {
    let seen = { created: "", at: 0 };
    for (; !isClosed(); await pause()) {
      try {
        // Whoever says what a log begins with has done so before its first message.
        const extent = await stream.extent(answerMs);
        const found = await kept.last(extent);
        if (found !== undefined) return { ...found, created: extent.created };
        if (seen.created !== extent.created) seen = { created: extent.created, at: performance.now() };
        const isNew = extent.last === 0;
        const isEmpty = extent.first > extent.last;
        // Where there have been messages, somebody may still know what they made.
        const mayBegin = known === undefined ? isNew && performance.now() - seen.at >= newcomerMs : isEmpty;
        if (mayBegin) await kept.begin(extent, known);
        else if (!isNew) failed(`it cannot be read: its snapshots are lost. ${remedy(stream.name)}`);
      } catch (failure) {
        failed(reasonOf(failure));
      }
    }
    return undefined;
  };

const remedy = (name: string): string =>
  `Delete the stream ${JSON.stringify(name)}: nodes that are running begin it anew with what they know`;
