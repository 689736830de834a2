import * as O from "fp-ts/lib/Option.js";
import type { NodeId, SessionId } from "../base/id.js";
import * as Multimap from "../base/multimap.js";
import * as Table from "../base/table.js";
import type { ToForward } from "../effect.js";
import type { MessageRequested, PublishRequested, Replied, Sender, SignalRequested } from "../event.js";
import * as Cluster from "../local/cluster.js";
import * as Mailbox from "../local/mailbox.js";
import type { Outcome, Refusal } from "../message.js";
import { areSeveral, isLive } from "../shared/nodes.js";
import type { Client, State } from "../state.js";
import { all, nothing, type Step } from "../step.js";

/* Signals and messages for those whose socket is at another node. */

/** What this node tells another one of what it was sent, and how it is handed over here. */
export type Receive = (state: State) => readonly [Outcome | Refusal, Step];

/** The other nodes at which these sessions have their sockets, or had the last one. None where that node was given up. */
export const nodesOf = (state: State, sessions: ReadonlyArray<SessionId>): ReadonlyArray<NodeId> => {
  const { cluster, node: own } = state.local.ordering;
  if (O.isNone(cluster)) return [];
  const nodes = new Set<NodeId>();
  for (const session of sessions) {
    const node = O.toUndefined(Table.get(state.shared.sessions, session)?.node ?? O.none);
    if (node !== undefined && node !== O.toUndefined(own) && isLive(state.shared, node)) nodes.add(node);
  }
  return [...nodes];
};

const senderOf = ({ session, generation, dialect, member }: Client): Sender => ({
  session,
  generation,
  dialect,
  ...(O.isSome(member) ? { user: member.value.user } : {}),
});

/** To these nodes. `isAsked`: the sender is told what they say, the first of them. */
export const passOn =
  (me: Client, request: SignalRequested | MessageRequested, nodes: ReadonlyArray<NodeId>, isAsked: boolean): Step =>
  (state) => {
    if (nodes.length === 0) return [state, []];
    const message: ToForward = { by: senderOf(me), request };
    if (!isAsked) return [state, [{ kind: "Forward", to: nodes, message }]];
    const [asking, asked] = Cluster.ask(state, me.session, request.id ?? 0);
    return [asking, [{ kind: "Forward", to: nodes, message: { ...message, asked } }]];
  };

/** In the seed's manner: to whoever has subscribed to the channel, and to the sessions of the addressee that can be resumed. */
export const publish =
  (me: Client, request: PublishRequested): Step =>
  (state) => {
    if (!areSeveral(state.shared)) return [state, []];
    const message: ToForward = { by: senderOf(me), request };
    const { to, signal } = request;
    const nodes =
      to === undefined || signal === undefined
        ? []
        : nodesOf(state, Table.keys(Multimap.of(state.shared.memberships, to)));
    return [
      state,
      [
        { kind: "Forward", to: "subscribers", message },
        ...(nodes.length === 0 ? [] : [{ kind: "Forward", to: nodes, message } as const]),
      ],
    ];
  };

/** Whether it is from a socket that still has its session: that node may have stood still, and the session gone on elsewhere. */
export const isCurrent = ({ shared }: State, { session, generation }: Sender): boolean =>
  (Table.get(shared.sessions, session)?.generation ?? generation) === generation;

/** What came from another node is handed over, and that node is told, if it has asked. */
export const receive =
  (receiving: Receive, to: NodeId, asked: number | undefined): Step =>
  (state) => {
    const [result, hand] = receiving(state);
    const answer = typeof result === "string" ? { outcome: result } : { refusal: result };
    return all([hand, (same) => [same, asked === undefined ? [] : [{ kind: "Reply", to, asked, answer }]]])(state);
  };

/** The sender is told. */
export const replied = ({ asked, answer }: Pick<Replied, "asked" | "answer">): Step => {
  return (state) => {
    const one = Cluster.answered(state, asked);
    if (one === undefined) return [state, []];
    const { session, id } = one;
    const told =
      "outcome" in answer
        ? Mailbox.answer({ session }, id, answer)
        : Mailbox.tellRefusal({ session }, id, answer.refusal);
    return told(one.state);
  };
};

const noReply: Refusal = {
  code: "unavailable",
  message: "the node of the addressee has not answered: this may have arrived or not",
  retryAfterMs: 1_000,
};

/** Whoever has waited too long for another node is told so. */
export const giveUp: Step = (state) => {
  const numbers = Cluster.unanswered(state);
  return numbers.length === 0
    ? nothing(state)
    : all(numbers.map((asked) => replied({ asked, answer: { refusal: noReply } })))(state);
};
