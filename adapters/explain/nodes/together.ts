import type { Effect, Moment, NodeId, Recorded } from "../../../core/index.js";
import { restoredIn } from "../without-log.js";
import { type Happening, merged } from "./merge.js";
import { type Open, passing } from "./passed-on.js";
import { recordedSockets } from "./recorded-sockets.js";
import { strangers } from "./strangers.js";
import type { NodeRecording } from "./stream.js";

/** A moment in its place, or one of which it is not told yet what became of it. */
type Waiting = { readonly moment: Moment<Recorded> } | { readonly open: Open };

/** A node that has no recording here. `number`: what it is called, beside the recorded ones. */
export interface Unrecorded {
  readonly number: number;
  readonly node: NodeId;
}

/**
 * The moments of several nodes as those of one server: what is in the log once, and what one node has passed on to another together with
 * what became of it there. Those of several are numbered anew; one alone keeps its numbers.
 *
 * @param found is called with each node that has no recording here
 * @throws NodesError where the recordings are not of one cluster
 */
export function* together(
  recordings: ReadonlyArray<NodeRecording>,
  found: (node: Unrecorded) => void = () => {},
): Generator<Moment<Recorded>, void> {
  const merge = merged(recordings);
  const isLog = recordings.every((one) => one.isLog === true);
  const numberOf = numbering(merge.numberOf, isLog ? 0 : recordings.length, found);
  const others = strangers(numberOf);
  const passed = passing(merge, others.clientOf);
  const sockets = recordedSockets(merge, recordings.length);
  const waiting: Waiting[] = [];
  let n = 0;
  const ready = function* (isEnd: boolean): Generator<Moment<Recorded>, void> {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      const moment = "open" in next ? passed.outcome(next.open, isEnd) : next.moment;
      if (moment === undefined) return;
      waiting.shift();
      n = recordings.length === 1 ? moment.n : n + 1;
      yield { ...moment, n, effects: moment.effects.flatMap((effect) => told(effect, numberOf)) };
    }
  };
  const momentsOf = (happening: Happening): ReadonlyArray<Moment<Recorded>> => {
    const { at, piece } = happening;
    const { event } = piece.moment;
    if (event.kind === "Appended") {
      const moment = entryMoment(happening, event);
      return merge.numberOf(event.node) === undefined ? others.entry(event, moment) : [moment];
    }
    if (event.kind === "Forwarded")
      return passed.arrived(event, piece, at) || merge.numberOf(event.from) !== undefined
        ? []
        : others.sent(event, passed.alone(piece.moment));
    const isShown = event.kind !== "Replied" && (event.kind !== "ServerStopping" || sockets.isLastStop());
    return isShown && piece.settled !== undefined ? [piece.settled] : [];
  };
  let isFirst = true;
  for (const happening of merge.happenings) {
    const { at, piece } = isLog ? bySeq(happening) : happening;
    sockets.note(happening);
    passed.told(piece.moment, at);
    for (const moment of momentsOf({ ...happening, piece })) {
      const effects = isFirst ? [...moment.effects, ...restoredIn(moment.after)] : moment.effects;
      isFirst = false;
      const open = passed.sent(moment, piece, at);
      waiting.push(open === undefined ? { moment: { ...moment, effects } } : { open });
    }
    for (const node of goneIn(piece.moment))
      for (const moment of others.gone(node, piece.moment)) waiting.push({ moment });
    for (const moment of sockets.ended(piece.moment)) waiting.push({ moment });
    yield* ready(false);
  }
  yield* ready(true);
}

const bySeq = (happening: Happening): Happening => {
  const { piece } = happening;
  const { seq: n, moment, settled } = piece;
  return { ...happening, piece: { ...piece, moment: { ...moment, n }, settled: settled && { ...settled, n } } };
};

/** The numbers of all nodes: those of the recordings, and then others as they come. */
const numbering = (
  recorded: (node: NodeId) => number | undefined,
  count: number,
  found: (node: Unrecorded) => void,
): ((node: NodeId) => number) => {
  const numbers = new Map<NodeId, number>();
  return (node) => {
    const known = recorded(node) ?? numbers.get(node);
    if (known !== undefined) return known;
    const number = count + numbers.size + 1;
    numbers.set(node, number);
    found({ number, node });
    return number;
  };
};

/** An entry as it was applied where it was made, or else at the first node; and what the others told their clients. */
const entryMoment = (
  { piece, others }: Happening,
  { node, entry }: Extract<Recorded, { readonly kind: "Appended" }>,
): Moment<Recorded> => {
  // What was there when a node began has been told by the others, or by its start.
  const whole = entry.kind === "StartNode" ? piece.moment : (piece.settled ?? piece.moment);
  const more = others.flatMap(({ moment }) => moment.effects.filter(({ kind }) => kind !== "Report"));
  // What has been applied is nobody's own any more: that is what an entry of a node of no name is.
  const event = whole.event.kind === "Appended" ? { ...whole.event, node: "" as typeof node } : whole.event;
  return { ...whole, event: { ...event, at: entry.at }, effects: [...whole.effects, ...more] };
};

const goneIn = ({ effects }: Moment<Recorded>): ReadonlyArray<NodeId> =>
  effects.flatMap((effect) => (effect.kind === "Report" && effect.fact.kind === "NodeGone" ? [effect.fact.node] : []));

/** An effect with nodes called by their numbers; none of what a node does for the log and for other nodes. */
const told = (effect: Effect, numberOf: (node: NodeId) => number): ReadonlyArray<Effect> => {
  const nameOf = (node: NodeId): NodeId => String(numberOf(node)) as NodeId;
  switch (effect.kind) {
    case "Append":
    case "Reply":
      return [];
    case "Forward":
      return effect.to === "subscribers" ? [] : [{ ...effect, to: effect.to.map(nameOf) }];
    case "Report": {
      const { fact } = effect;
      const isOfNode = fact.kind === "NodeStarted" || fact.kind === "NodeGone";
      return [isOfNode ? { ...effect, fact: { ...fact, node: nameOf(fact.node) } } : effect];
    }
    default:
      return [effect];
  }
};
