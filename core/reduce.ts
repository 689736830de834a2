import type { Millis } from "./base/id.js";
import * as Announcements from "./delivery/announcements.js";
import * as Answers from "./delivery/answers.js";
import * as Relay from "./delivery/relay.js";
import type { Effect } from "./effect.js";
import type { ClientConnected, Event, RoomRequest } from "./event.js";
import type { Fact } from "./fact.js";
import * as Channel from "./local/channel.js";
import * as Claims from "./local/claims.js";
import * as Client from "./local/client.js";
import { order, requesterOf } from "./local/order.js";
import type { Entry } from "./shared/entry.js";
import { begin, type Client as Me, type State } from "./state.js";
import { ifChanged, nothing, type Step, sequence } from "./step.js";

/**
 * The whole server as a function: total and deterministic. An event costs O(log n), and beyond that what it has to move: the channels,
 * users and places of a client that disconnects, the holders of a participant that leaves, the rooms that a tick closes. An event
 * that changes nothing returns the identical state. Effects are to be carried out against the returned state, in order.
 */
export const reduce = (state: State, event: Event): readonly [State, ReadonlyArray<Effect>] => {
  const now = Math.max(state.now, event.at) as Millis;
  const before = now === state.now ? state : { now, shared: state.shared, local: state.local };
  const [after, effects] = transition(event)(before);
  const isTick = event.kind === "ClockTicked";
  if (after === before && !isTick) return [state, effects];
  const announce = sequence(
    Announcements.keepRepeating,
    Announcements.changesSince(before),
    isTick ? Announcements.announcePending : nothing,
  );
  const [announced, announcements] = announce(after);
  return announced === before ? [state, effects] : [announced, [...announcements, ...effects]];
};

const transition = (event: Event): Step => {
  switch (event.kind) {
    case "ServerStarted":
      return ({ now }) => [begin(now, event.settings), []];
    case "ServerStopping":
      return stop;
    case "ClockTicked":
      return sequence(
        inTime((at) => ({ kind: "CloseUnjoinedRooms", at })),
        Announcements.repeatList,
      );
    case "ClientConnected":
      return ifChanged(Client.connect(event), sequence(takeOver(event), Announcements.greet(event.client)));
    case "ClientDisconnected":
      return Client.ifConnected(event, (me) =>
        sequence(Channel.dropAllOf(me), Claims.forgetAllOf(me), Client.forget(me), endSession(me)),
      );
    case "SubscribeRequested":
      return Client.throttle(event, Channel.subscribe(event));
    case "UnsubscribeRequested":
      return Client.throttle(event, Channel.unsubscribe(event));
    case "PingReceived":
      return Client.throttle(event, () => Client.pong(event));
    case "TextReceived":
      return Client.throttle(event, () => Client.echo(event));
    case "CreateRequested":
    case "JoinRequested":
    case "LeaveRequested":
      return Client.throttle(event, (me) => ask(event, me));
    case "RoomListRequested":
      return Client.throttle(event, Announcements.answer);
    case "PublishRequested":
      return Client.throttle(event, (me) =>
        sequence(event.from === undefined ? nothing : Claims.claim(event.from)(me), Relay.publish(event)(me)),
      );
    case "FrameRefused":
      return Client.throttle(event, () => Client.refuseFrame(event));
  }
};

/** Every client is told to go; its session ends when its socket is closed. 1001 is "going away" (RFC 6455, 7.4.1). */
const stop: Step = (state) => [
  state,
  [{ kind: "Close", to: { kind: "Everyone" }, code: 1001, reason: "the server is stopping" }],
];

/** A request to the shared half. What the sender is told, and what is passed on, follows from its facts. */
const ask = (request: RoomRequest, me: Me): Step =>
  inTime(
    (at) => ({ kind: "Request", at, request, by: requesterOf(me) }),
    (facts) => sequence(Answers.answer(me.id, facts), isAccepted(facts) ? accepted(request, me) : nothing),
  );

const isAccepted = (facts: ReadonlyArray<Fact>): boolean =>
  facts.every(({ kind }) => kind !== "RequestRefused" && kind !== "NothingToDo");

const accepted = (request: RoomRequest, me: Me): Step => {
  switch (request.kind) {
    case "CreateRequested":
      return nothing;
    case "JoinRequested":
      return sequence(Claims.claim(request.userId)(me), Relay.passOn(request)(me));
    case "LeaveRequested":
      return Relay.passOn(request)(me);
  }
};

/** A connection of a later generation takes its session over from the one before it; the first has nothing to take over. */
const takeOver = ({ session, generation }: ClientConnected): Step =>
  generation === 1 ? nothing : inTime((at) => ({ kind: "ResumeSession", at, session, generation }));

/** Sessions of the seed's clients have no grace: they end with their socket. */
const endSession = ({ session, generation }: Me): Step =>
  inTime((at) => ({ kind: "EndSession", at, session, generation }));

/** Orders an entry that bears the time of the event. */
const inTime =
  (entry: (at: Millis) => Entry, followUp: (facts: ReadonlyArray<Fact>) => Step = Answers.reportAll): Step =>
  (state) =>
    order(entry(state.now), followUp)(state);
