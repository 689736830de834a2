import type { Moment, NodeId, Recorded } from "../../../core/index.js";
import { numberOf as socketNumber } from "./sockets.js";
import { type Logs, type NodeRecording, type Piece, piecesOf } from "./stream.js";

/** What happened at one node, or an entry of the log at all nodes that have recorded it. */
export interface Happening {
  /** The node that it happened at, counted from 1; of an entry, the one that made it, or else the first that has it. */
  readonly at: number;
  readonly piece: Piece;
  /** The same entry at the other nodes. */
  readonly others: ReadonlyArray<Piece>;
}

/** The recordings of some nodes while they are read together. */
export interface Merge {
  readonly happenings: Generator<Happening, void>;
  /** Which recording a node's is, counted from 1. Undefined where it is not among them. */
  readonly numberOf: (node: NodeId) => number | undefined;
  /** Whether all of a recording has been read. */
  readonly isOver: (number: number) => boolean;
  /** Up to when all recordings that are not over have been read, ms since 1970. */
  readonly readUntil: () => number;
}

interface Stream {
  readonly number: number;
  readonly pieces: Generator<Piece, void>;
  head: Piece | undefined;
  readAt: number;
}

/**
 * Reads recordings of several nodes together. The entries of the log come in their order, each once. What happened at nodes between two
 * entries comes by time, each node's own in its order; what one node has passed on to another comes after it was sent, whatever the clocks say.
 *
 * @throws NodesError where they are not of one cluster
 */
export const merged = (recordings: ReadonlyArray<NodeRecording>): Merge => {
  const logs: Logs = [];
  const numbers = new Map<NodeId, number>();
  const streams = recordings.map((recording, i): Stream => {
    const number = i + 1;
    const prefix = recordings.length === 1 ? 0 : number;
    return { number, pieces: piecesOf(recording, prefix, logs), head: undefined, readAt: 0 };
  });
  const advance = (stream: Stream): void => {
    if (stream.head !== undefined) stream.readAt = stream.head.moment.event.at;
    const next = stream.pieces.next();
    stream.head = next.done === true ? undefined : next.value;
    if (stream.head !== undefined) numbers.set(stream.head.node, stream.number);
  };
  return {
    happenings: inOrder(streams, advance, (node) => numbers.get(node)),
    numberOf: (node) => numbers.get(node),
    isOver: (number) => streams[number - 1]?.head === undefined,
    readUntil: () => Math.min(...streams.flatMap(({ head, readAt }) => (head === undefined ? [] : [readAt]))),
  };
};

function* inOrder(
  streams: ReadonlyArray<Stream>,
  advance: (stream: Stream) => void,
  numberOf: Merge["numberOf"],
): Generator<Happening, void> {
  const sent = recent();
  let last = { log: 0, seq: 0 };
  const isHeldBack = ({ head }: Stream): boolean => {
    const event = head?.moment.event;
    if (event?.kind !== "Forwarded") return false;
    const sender = numberOf(event.from);
    const isReading = sender !== undefined && streams[sender - 1]?.head !== undefined;
    return isReading && !sent.has(arrivalKey(event));
  };
  for (const stream of streams) advance(stream);
  for (;;) {
    const heads = headsNext(streams);
    const [first] = heads;
    if (first?.head === undefined) return;
    if (first.head.isEntry) {
      const same = heads.filter(({ head }) => head?.isEntry === true);
      const own = same.find(({ head, number }) => head && numberIn(head, numberOf) === number) ?? first;
      const { head: piece } = own;
      const others = same.flatMap(({ head }) => (head === undefined || head === piece ? [] : [head]));
      for (const stream of same) advance(stream);
      // A node that has begun anew reads again what it has read.
      const isKnown = piece === undefined || compare(piece, last) <= 0;
      if (isKnown) continue;
      last = { log: piece.log, seq: piece.seq };
      yield { at: own.number, piece, others };
      continue;
    }
    const next = heads.find((stream) => !isHeldBack(stream)) ?? first;
    const { head: piece } = next;
    if (piece === undefined) return;
    advance(next);
    for (const { key } of passedOn(piece.moment, piece.node)) sent.add(key);
    yield { at: next.number, piece, others: [] };
  }
}

const numberIn = ({ moment: { event } }: Piece, numberOf: Merge["numberOf"]): number | undefined =>
  event.kind === "Appended" ? numberOf(event.node) : undefined;

const compare = (a: Pick<Piece, "log" | "seq">, b: Pick<Piece, "log" | "seq">): number =>
  a.log - b.log || a.seq - b.seq;

/** Those whose next piece has the first place in the log: entries before what happened after them, and that by time. */
const headsNext = (streams: ReadonlyArray<Stream>): ReadonlyArray<Stream> => {
  let found: Array<readonly [Stream, Piece]> = [];
  for (const stream of streams) {
    const { head } = stream;
    if (head === undefined) continue;
    const order = found[0] === undefined ? 0 : compare(head, found[0][1]);
    if (order < 0) found = [];
    if (order <= 0) found.push([stream, head]);
  }
  return found
    .sort(([, a], [, b]) => Number(b.isEntry) - Number(a.isEntry) || a.moment.event.at - b.moment.event.at)
    .map(([stream]) => stream);
};

type Forwarded = Extract<Recorded, { readonly kind: "Forwarded" }>;
type Passed = Pick<Forwarded, "from" | "about" | "request">;

/** What a message is known by at both nodes. Of several that are alike, the first that is sent arrives first. */
export const arrivalKey = ({ from, about, request }: Passed): string => {
  const { kind, client, at, id } = request;
  return [from, about, kind, socketNumber(client), at, id, "to" in request ? request.to : ""].join(" ");
};

/** What a moment passes on to other nodes. */
export const passedOn = ({ effects }: Moment<Recorded>, from: NodeId) =>
  effects.flatMap((effect) => {
    if (effect.kind !== "Forward") return [];
    const { to, message } = effect;
    const about = to === "subscribers" ? ("subscribers" as const) : ("sessions" as const);
    return [{ to, about, asked: message.asked, key: arrivalKey({ from, about, request: message.request }) }];
  });

const remembered = 10_000;

/** The keys that were added last: a long recording fills no memory with them. */
const recent = () => {
  let [older, newer] = [new Set<string>(), new Set<string>()];
  return {
    has: (key: string): boolean => newer.has(key) || older.has(key),
    add: (key: string): void => {
      if (newer.size >= remembered) [older, newer] = [newer, new Set()];
      newer.add(key);
    },
  };
};
