import { type Moment, type NodeId, type Recorded, replay } from "../../../core/index.js";
import { withoutLog } from "../without-log.js";
import { renumbered } from "./renumber.js";

/** A recording of one run of one node. */
export interface NodeRecording {
  /** What it is called where something is wrong with it. */
  readonly name: string;
  readonly events: Iterable<Recorded>;
  /** It has the log and nothing else, and was recorded by none of the nodes. Moments have the numbers of entries. */
  readonly isLog?: boolean;
}

/** Recordings that cannot be read together, and why. */
export class NodesError extends Error {}

/** Something that happened at a node, and its place in the log: it is an entry, or happened after that entry had been applied there. */
export interface Piece {
  /** Counts the logs: one that was lost is followed by another. */
  readonly log: number;
  readonly seq: number;
  readonly isEntry: boolean;
  readonly moment: Moment<Recorded>;
  /** The moment together with what was asked before, where it finishes that. Undefined where the log has not answered yet. */
  readonly settled: Moment<Recorded> | undefined;
  /** Who the node is in the log. */
  readonly node: NodeId;
}

/** The logs that are known so far: in each, what tells an entry from another one in the same place of another log. */
export type Logs = Array<Map<number, string>>;

type Started = Extract<Recorded, { readonly kind: "ServerStarted" }>;
type Appended = Extract<Recorded, { readonly kind: "Appended" }>;

/**
 * What happened at a node, in its order. Clients have the prefix before their numbers.
 *
 * @throws NodesError where it is no node of a cluster, or one of another cluster
 */
export function* piecesOf({ name, events }: NodeRecording, prefix: number, logs: Logs): Generator<Piece, void> {
  const settle = withoutLog();
  // What stands before the first entry happened after the entry before that.
  let early: Array<Omit<Piece, "log" | "seq" | "isEntry">> = [];
  let place: { log: number; seq: number } | undefined;
  let node: NodeId | undefined;
  let hasLost = false;
  for (const moment of replay(renumberedAll(events, prefix))) {
    const { event } = moment;
    node = nodeIn(event, name) ?? node;
    if (node === undefined) throw new NodesError(`${name} does not begin with the start of a server`);
    if (event.kind === "LogLost") hasLost = true;
    const here = { moment, settled: settle(moment), node };
    if (event.kind !== "Appended") {
      if (place === undefined) early.push(here);
      else yield { ...place, isEntry: false, ...here };
      continue;
    }
    const log = logOf(event, place ?? { log: 0, seq: 0 }, logs);
    if (log > (place?.log ?? 0) && !hasLost)
      throw new NodesError(
        `${name} has another entry ${event.seq} of the log than the others: it is of another cluster, or the log was lost between the recordings`,
      );
    place = { log, seq: event.seq };
    for (const one of early) yield { log, seq: event.seq - 1, isEntry: false, ...one };
    early = [];
    yield { ...place, isEntry: true, ...here };
  }
  for (const one of early) yield { log: 0, seq: 0, isEntry: false, ...one };
}

function* renumberedAll(events: Iterable<Recorded>, number: number): Generator<Recorded, void> {
  const renumber = renumbered(number);
  for (const event of events) yield renumber(event);
}

const nodeIn = (event: Recorded, name: string): NodeId | undefined => {
  if (event.kind === "LogRecovered") return event.node;
  if (event.kind !== "ServerStarted") return undefined;
  return ofCluster(event, name);
};

const ofCluster = ({ node, cluster }: Started, name: string): NodeId => {
  if (node !== undefined && cluster !== undefined) return node;
  throw new NodesError(
    `${name} is of a run of its own, and not of a node of a cluster: name the files of one run, or of nodes of one cluster`,
  );
};

/** The log that an entry is of. A node that reads its log again goes back in it; one whose log was lost finds other entries there. */
const logOf = ({ seq, node, entry }: Appended, before: { readonly log: number; readonly seq: number }, logs: Logs) => {
  const own = `${node} ${entry.at} ${entry.kind}`;
  for (let log = before.log; ; log += 1) {
    const known = logs[log] ?? new Map<number, string>();
    logs[log] = known;
    const there = known.get(seq);
    if (there === own) return log;
    if (there !== undefined || (log === before.log && seq <= before.seq)) continue;
    known.set(seq, own);
    return log;
  }
};
