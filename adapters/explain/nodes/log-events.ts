import * as O from "fp-ts/lib/Option.js";
import {
  type Appended,
  defaultSettings,
  highestLevel,
  initial,
  isOutdated,
  type Millis,
  type NodeId,
  type Recorded,
  replay,
  type State,
  sharedSnapshot,
  type WrittenShared,
} from "../../../core/index.js";

/** A log as it was read: entries, and what stood before them. */
export interface ReadLog {
  readonly before: {
    /** Undefined: nothing. */
    readonly shared: WrittenShared | undefined;
    readonly digest: number;
    readonly lastAt: number;
    readonly lastSeq: number;
  };
  readonly entries: ReadonlyArray<Pick<Appended, "seq" | "node" | "entry">>;
}

/** Whoever reads along. No node is called so: theirs are random. */
const reader = "reader" as NodeId;

/** The events of a node that would only read. */
export const eventsOfLog = ({ before, entries }: ReadLog): ReadonlyArray<Recorded> => {
  const at = (before.lastAt || (entries[0]?.entry.at ?? 0)) as Millis;
  return [
    {
      ...({ kind: "ServerStarted", at, level: highestLevel, node: reader } as const),
      settings: before.shared?.settings ?? defaultSettings,
      ...(before.shared === undefined ? {} : { restored: before.shared }),
      cluster: { digest: before.digest },
    },
    ...entries.map((logged) => ({ kind: "Appended" as const, at: logged.entry.at, ...logged })),
  ];
};

/** The log from a time on: what came before is what stands before it. */
export const logSince = (log: ReadLog, since: number): ReadLog => {
  const later = log.entries.findIndex(({ entry }) => entry.at >= since);
  const count = later < 0 ? log.entries.length : later;
  if (count === 0) return log;
  const { shared, digest, at: lastAt } = endOf({ ...log, entries: log.entries.slice(0, count) });
  return {
    before: { shared, digest, lastAt, lastSeq: log.entries[count - 1]?.seq ?? 0 },
    entries: log.entries.slice(count),
  };
};

interface End {
  readonly shared: WrittenShared;
  /** Of the facts of all entries. */
  readonly digest: number;
  readonly at: number;
  /** The level in force, where this version cannot decide at it: then it has not come to the end. */
  readonly tooHigh: number | undefined;
}

const endOf = (log: ReadLog): End => {
  let last: State = initial;
  for (const { after } of replay(eventsOfLog(log))) last = after;
  return {
    shared: sharedSnapshot(last.shared),
    digest: digestIn(last),
    at: last.now,
    tooHigh: isOutdated(last) ? last.shared.level : undefined,
  };
};

const digestIn = ({ local: { ordering } }: State): number =>
  O.isSome(ordering.cluster) ? ordering.cluster.value.digest : 0;

/** What the entries of a log come to, and whether its nodes have said the same. */
export interface Agreement extends End {
  /** How many digests nodes have put into the log with their renewals, of places that were read. */
  readonly compared: number;
  readonly differing: ReadonlyArray<Difference>;
}

/** A node had another digest after an entry than it is here. */
export interface Difference {
  readonly seq: number;
  readonly node: NodeId;
  readonly said: number;
  readonly here: number;
}

/** Compares the digests that nodes have put into the log with those that the core comes to. */
export const agreementIn = (log: ReadLog): Agreement => {
  const here = new Map<NodeId, { readonly seq: number; readonly digest: number }>();
  const differing: Difference[] = [];
  let compared = 0;
  for (const { event, after } of replay(eventsOfLog(log))) {
    if (event.kind !== "Appended" || event.entry.kind !== "RenewNode") continue;
    const { mark, node } = event.entry;
    const own = here.get(node);
    if (mark !== undefined && own?.seq === mark.seq) {
      compared += 1;
      if (own.digest !== mark.digest) differing.push({ seq: mark.seq, node, said: mark.digest, here: own.digest });
    }
    here.set(node, { seq: event.seq, digest: digestIn(after) });
  }
  return { ...endOf(log), compared, differing };
};
