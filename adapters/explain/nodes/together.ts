import type { ClientId, Effect, Moment, NodeId, Recorded } from "../../../core/index.js";
import { restoredIn } from "../without-log.js";
import { type Happening, type Merge, merged } from "./merge.js";
import { passing } from "./passed-on.js";
import type { NodeRecording } from "./stream.js";

type Open = NonNullable<ReturnType<ReturnType<typeof passing>["sent"]>>;

/** A moment in its place, or one of which it is not told yet what became of it. */
type Waiting = { readonly moment: Moment<Recorded> } | { readonly open: Open };

/**
 * The moments of several nodes as those of one server: what is in the log once, and what one node has passed on to another together with
 * what became of it there. They are numbered anew.
 *
 * @throws NodesError where the recordings are not of one cluster
 */
export function* together(recordings: ReadonlyArray<NodeRecording>): Generator<Moment<Recorded>, void> {
  const merge = merged(recordings);
  const passed = passing(merge);
  const sockets = socketsOf(merge, recordings.length);
  const waiting: Waiting[] = [];
  let n = 0;
  let isFirst = true;
  const ready = function* (isEnd: boolean): Generator<Moment<Recorded>, void> {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      const moment = "open" in next ? passed.outcome(next.open, isEnd) : next.moment;
      if (moment === undefined) return;
      waiting.shift();
      n += 1;
      yield { ...moment, n, effects: moment.effects.filter(({ kind }) => !beside.has(kind)) };
    }
  };
  for (const happening of merge.happenings) {
    const { at, piece } = happening;
    const moment = momentOf(happening, merge, isFirst);
    isFirst = false;
    const { event } = piece.moment;
    sockets.note(happening);
    passed.told(piece.moment, at);
    if (event.kind === "Forwarded") passed.arrived(event, piece, at);
    else if (moment !== undefined && isShown(moment, sockets)) {
      const open = passed.sent(moment, piece, at);
      waiting.push(open === undefined ? { moment } : { open });
    }
    for (const ended of sockets.ended(piece.moment)) waiting.push({ moment: ended });
    yield* ready(false);
  }
  yield* ready(true);
}

/** What a node does beside telling its clients. */
const beside: ReadonlySet<Effect["kind"]> = new Set(["Append", "Forward", "Reply"]);

/** What a node is told by another one is part of what that has sent; and the server has stopped when its last node has. */
const isShown = ({ event }: Moment<Recorded>, sockets: Sockets): boolean =>
  event.kind !== "Replied" && (event.kind !== "ServerStopping" || sockets.isLastStop());

const momentOf = ({ piece, others }: Happening, merge: Merge, isFirst: boolean): Moment<Recorded> | undefined => {
  if (!piece.isEntry) {
    const { settled } = piece;
    if (!isFirst || settled === undefined) return settled;
    return { ...settled, effects: [...settled.effects, ...restoredIn(settled.after)] };
  }
  const { event } = piece.moment;
  if (event.kind !== "Appended") return undefined;
  // What was there when a node began has been told by the others, or by its start.
  const whole = event.entry.kind === "StartNode" ? piece.moment : (piece.settled ?? piece.moment);
  const more = others.flatMap(({ moment }) => moment.effects.filter(({ kind }) => kind !== "Report"));
  const nameOf = (node: NodeId): NodeId => labelIn(merge, node);
  const shown = whole.event.kind === "Appended" ? { ...whole.event, node: nameOf(event.node) } : whole.event;
  return {
    ...whole,
    event: { ...shown, at: event.entry.at },
    effects: [...whole.effects.map((effect) => labelled(effect, nameOf)), ...more],
  };
};

/** `1`, or the beginning of the id of a node that has no recording here. An entry that has been applied is nobody's own any more. */
const labelIn = ({ numberOf: number }: Merge, node: NodeId): NodeId =>
  String(number(node) ?? `${node.slice(0, 8)}…`) as NodeId;

const labelled = (effect: Effect, nameOf: (node: NodeId) => NodeId): Effect => {
  if (effect.kind !== "Report" || (effect.fact.kind !== "NodeStarted" && effect.fact.kind !== "NodeGone"))
    return effect;
  return { ...effect, fact: { ...effect.fact, node: nameOf(effect.fact.node) } };
};

type Sockets = ReturnType<typeof socketsOf>;

/** The sockets of a node whose recording ends without their end have ended with it, once the others have given it up. */
const socketsOf = (merge: Merge, count: number) => {
  const open = Array.from({ length: count }, () => new Set<ClientId>());
  const gone = new Set<number>();
  const stopped = new Set<number>();
  return {
    note: ({ at, piece }: Happening): void => {
      const { event, effects } = piece.moment;
      if (event.kind === "ClientConnected") open[at - 1]?.add(event.client);
      if (event.kind === "ClientDisconnected") open[at - 1]?.delete(event.client);
      if (event.kind === "ServerStopping") stopped.add(at);
      for (const effect of effects) {
        if (effect.kind !== "Report" || effect.fact.kind !== "NodeGone") continue;
        const number = merge.numberOf(effect.fact.node);
        if (number !== undefined) gone.add(number);
      }
    },
    isLastStop: (): boolean => open.every((_, i) => stopped.has(i + 1) || merge.isOver(i + 1)),
    ended: (moment: Moment<Recorded>): ReadonlyArray<Moment<Recorded>> =>
      [...gone].flatMap((number) => {
        const there = open[number - 1];
        if (there === undefined || there.size === 0 || !merge.isOver(number)) return [];
        const clients = [...there];
        there.clear();
        const { at } = moment.event;
        return clients.map((client) => ({
          ...moment,
          event: { kind: "ClientDisconnected" as const, at, client, code: 1006 },
          effects: [],
        }));
      }),
  };
};
