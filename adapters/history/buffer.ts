import type { HistoryFact } from "./facts.js";

/** Facts that wait for the disk. What finds no room is counted, and stands in the history as a gap. */
export interface Buffer {
  readonly add: (facts: ReadonlyArray<HistoryFact>) => void;
  /** The next group; the one before is let go of. Empty: nothing waits. */
  readonly take: () => ReadonlyArray<HistoryFact>;
  readonly waiting: () => number;
  readonly dropped: () => number;
}

export interface BufferOptions {
  readonly bytesMax: number;
  /** Called when the first fact finds no room, and when there is room again: then with the number of facts that are missing. */
  readonly told: (missing: number | undefined) => void;
}

/** Facts in one group: to hand over more would take the server noticeable time. */
const groupFactsMax = 500;
/** Whoever is turned away at a door a thousand times a second must not fill the disk. */
const refusalsPerSecondMax = 100;
/** What a fact counts as, beside its text. */
const factBytes = 256;

export const bufferOf = ({ bytesMax, told }: BufferOptions): Buffer => {
  let facts: HistoryFact[] = [];
  let group: ReadonlyArray<HistoryFact> = [];
  let [bytes, groupBytes] = [0, 0];
  let [dropped, missing] = [0, 0];
  let [second, refusals] = [0, 0];

  const isTooOften = ({ kind, at }: HistoryFact): boolean => {
    if (kind !== "door.refused") return false;
    const now = Math.floor(at / 1_000);
    refusals = now === second ? refusals + 1 : 1;
    second = now;
    return refusals > refusalsPerSecondMax;
  };

  const put = (fact: HistoryFact): void => {
    facts.push(fact);
    bytes += bytesOf(fact);
  };

  const addOne = (fact: HistoryFact): void => {
    if (isTooOften(fact)) {
      dropped += 1;
      return;
    }
    // Half of the room has to be free again before more is taken: one long gap says more than many short ones.
    if (bytes + bytesOf(fact) > (missing > 0 ? bytesMax / 2 : bytesMax)) {
      if (missing === 0) told(undefined);
      dropped += 1;
      missing += 1;
      return;
    }
    if (missing > 0) {
      put({ at: fact.at, kind: "history.gap", total: missing });
      told(missing);
      missing = 0;
    }
    put(fact);
  };

  return {
    add: (more) => {
      for (const fact of more) addOne(fact);
    },
    take: () => {
      bytes -= groupBytes;
      group = facts.slice(0, groupFactsMax);
      facts = facts.slice(groupFactsMax);
      groupBytes = group.reduce((sum, fact) => sum + bytesOf(fact), 0);
      return group;
    },
    waiting: () => facts.length + group.length,
    dropped: () => dropped,
  };
};

const bytesOf = ({ room = "", user = "", name = "" }: HistoryFact): number =>
  factBytes + 2 * (room.length + user.length + name.length);
