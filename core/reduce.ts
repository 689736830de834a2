import * as O from "fp-ts/lib/Option.js";
import type { ClientId, Millis, SessionId } from "./base/id.js";
import * as Table from "./base/table.js";
import * as Announcements from "./delivery/announcements.js";
import * as Answers from "./delivery/answers.js";
import * as Directory from "./delivery/directory.js";
import * as Relay from "./delivery/relay.js";
import * as Roster from "./delivery/roster.js";
import * as Sessions from "./delivery/sessions.js";
import * as Signals from "./delivery/signals.js";
import type { Effect } from "./effect.js";
import type {
  ByeReceived,
  ClientConnected,
  Event,
  FrameEvent,
  Greeting,
  PublishRequested,
  RoomRequest,
} from "./event.js";
import type { Fact } from "./fact.js";
import * as Attendance from "./local/attendance.js";
import * as Channel from "./local/channel.js";
import * as Claims from "./local/claims.js";
import * as Client from "./local/client.js";
import * as Mailbox from "./local/mailbox.js";
import { order, requesterOf } from "./local/order.js";
import * as Tokens from "./local/tokens.js";
import type { Entry } from "./shared/entry.js";
import { cannotActAs, refusedByToken } from "./shared/permissions.js";
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
        inTime((at) => ({ kind: "Expire", at })),
        Announcements.repeatList,
        Directory.tellWatchers,
        Tokens.closeExpired,
      );
    case "ClientConnected":
      return ifChanged(
        Client.connect(event),
        sequence(
          event.token === undefined ? nothing : Tokens.expect(event.client, event.token),
          event.greeting === undefined ? Announcements.greet(event.client) : welcome(event, event.greeting),
        ),
      );
    case "ClientDisconnected":
      return Client.ifConnected(event, (me) =>
        sequence(
          Channel.dropAllOf(me),
          Claims.forgetAllOf(me),
          Tokens.forget(me),
          O.isSome(me.member) ? withdraw(me) : nothing,
          Client.forget(me),
          O.isSome(me.member) ? loseSession(me) : endSession(me),
        ),
      );
    default:
      return Client.ifConnected(event, (me) => {
        const carriedOut = Client.throttle(event, me, carryOut(event));
        // A frame beyond the rate is heard all the same: it acknowledges, and its refusal is an answer.
        return O.isSome(me.member)
          ? sequence(
              acknowledge(me),
              Mailbox.hear(event, me, carriedOut, (refused) => Client.throttle(event, me, () => refused)),
            )
          : carriedOut;
      });
  }
};

/** What a client sent, within its rate. */
const carryOut = (event: FrameEvent): ((me: Me) => Step) => {
  switch (event.kind) {
    case "SubscribeRequested":
      return Channel.subscribe(event);
    case "UnsubscribeRequested":
      return Channel.unsubscribe(event);
    case "PingReceived":
      return Client.pong(event);
    case "TextReceived":
      return () => Client.echo(event);
    case "CreateRequested":
    case "JoinRequested":
    case "LeaveRequested":
    case "CloseRequested":
    case "WithdrawRequested":
    case "AdmitRequested":
    case "DenyRequested":
    case "LockRequested":
    case "RemoveRequested":
    case "UnbanRequested":
    case "RoleRequested":
      return (me) => ask(event, me);
    case "RoomListRequested":
      return Announcements.answer;
    case "PublishRequested":
      return (me) => publish(event, me);
    case "RosterRequested":
      return Answers.roster(event);
    case "SignalRequested":
      return Signals.signal(event);
    case "MessageRequested":
      return Signals.message(event);
    case "DirectoryRequested":
      return Directory.watch(event);
    case "IceServersRequested":
      return Answers.iceServers(event);
    case "AckReceived":
      return () => nothing;
    case "TokenRenewed":
      return Tokens.renew(event);
    case "ByeReceived":
      return (me) => bye(event, me);
    case "FrameRefused":
      return Client.refuseFrame(event);
  }
};

/** Every client is told to go; its session ends when its socket is closed. 1001 is "going away" (RFC 6455, 7.4.1). */
const stop: Step = (state) => [
  state,
  [{ kind: "Close", to: { kind: "Everyone" }, code: 1001, reason: "the server is stopping" }],
];

/** The sender acts for the user that it says it is, if it can be that user, and its message is relayed. */
const publish =
  (event: PublishRequested, me: Me): Step =>
  (state) => {
    const { from, type: about } = event;
    const notGranted = refusedByToken(me.token, event, state.now);
    const refusal = O.isSome(notGranted) || from === undefined ? notGranted : cannotActAs(me, from);
    if (O.isSome(refusal)) return Mailbox.refuse(me, event.id, { ...refusal.value, about })(state);
    return sequence(
      from === undefined ? nothing : Claims.claim(from)(me),
      Relay.publish(event)(me),
      event.signal === undefined || state.shared.memberships.size === 0 ? nothing : Signals.crossOver(event)(me),
    )(state);
  };

/** A request to the shared half. What the sender is told, and what is passed on, follows from its facts. */
const ask =
  (request: RoomRequest, me: Me): Step =>
  (state) =>
    inTime(
      (at) => ({ kind: "Request", at, request, by: requesterOf(me) }),
      (facts) =>
        sequence(Answers.answer(request, me, facts), isAccepted(facts) ? accepted(request, me, state) : nothing),
      me.session,
    )(state);

/** Of which others need not be told: nobody has come or gone. */
const isWithoutEffect: ReadonlySet<Fact["kind"]> = new Set(["RequestRefused", "NothingToDo", "ParticipantReleased"]);

const isAccepted = (facts: ReadonlyArray<Fact>): boolean => facts.every(({ kind }) => !isWithoutEffect.has(kind));

const accepted = (request: RoomRequest, me: Me, before: State): Step => {
  switch (request.kind) {
    case "CreateRequested":
      return nothing;
    case "JoinRequested":
      return sequence(Claims.claim(request.userId)(me), Relay.passOn(request, before)(me));
    case "LeaveRequested":
      return Relay.passOn(request, before)(me);
    default:
      return nothing;
  }
};

/** With a good ticket the client goes on with the session of the ticket, and otherwise begins its own. */
const welcome = ({ client, session: own }: ClientConnected, greeting: Greeting): Step => {
  const { resume, user } = greeting;
  const begin = beginSession(client, own, greeting);
  if (resume === undefined) return begin;
  return inTime(
    (at) => ({ kind: "ResumeSession", at, ...resume, user }),
    (facts) =>
      sequence(
        Answers.reportAll(facts),
        facts.length === 0
          ? begin
          : sequence(Sessions.takeOver(client, resume.session), Sessions.welcome(client, greeting, true)),
      ),
  );
};

/** What a second session of the same user does is decided by its token. Refused: `already-connected`. */
const beginSession =
  (client: ClientId, own: SessionId, greeting: Greeting): Step =>
  (state) => {
    const me = Table.get(state.local.clients, client);
    const which = me !== undefined && O.isSome(me.token) ? me.token.value.grants.sessions : "both";
    const others = which === "both" ? [] : Sessions.others(state, own, greeting.user);
    const opened = Mailbox.open(own, client);
    if (me !== undefined && which === "refuse" && others.length > 0)
      return sequence(opened, Sessions.refuse(me, greeting))(state);
    return sequence(opened, ...others.map(endOther), Sessions.welcome(client, greeting, false))(state);
  };

const endOther =
  (session: SessionId): Step =>
  (state) =>
    sequence(Sessions.closeReplaced(session), (same) => {
      const known = Table.get(same.shared.sessions, session);
      if (known === undefined) return [same, []];
      return inTime((at) => ({ kind: "EndSession", at, session, generation: known.generation }))(same);
    })(state);

const acknowledge =
  ({ session, generation }: Me): Step =>
  (state) =>
    Mailbox.mailboxOf(state, session)?.isAcknowledged === false
      ? inTime((at) => ({ kind: "AcknowledgeSession", at, session, generation }))(state)
      : [state, []];

/** What only a client with a session that can be resumed has. */
const withdraw = (me: Me): Step =>
  sequence(Attendance.leaveAll(me.session, me.id), Directory.stopWatching(me.id), Mailbox.leave(me));

/** The session is kept for the grace, if it is in a room. */
const loseSession = ({ session, generation }: Me): Step =>
  sequence(
    inTime((at) => ({ kind: "LoseSession", at, session, generation })),
    Mailbox.discardIfAlone(session),
  );

/** Sessions of the seed's clients have no grace: they end with their socket. */
const endSession = ({ session, generation }: Me): Step =>
  inTime((at) => ({ kind: "EndSession", at, session, generation }));

/** 1000 is "normal closure" (RFC 6455, 7.4.1). */
const bye = ({ id = 0 }: ByeReceived, me: Me): Step =>
  sequence(
    endSession(me),
    Mailbox.answer(me, id, {}),
    Mailbox.leave(me),
    Mailbox.discardIfAlone(me.session),
    (state) => [state, [{ kind: "Close", to: { kind: "Client", client: me.id }, code: 1000, reason: "goodbye" }]],
  );

/** Orders an entry that bears the time of the event. What anybody is told follows from its facts, the asker first. */
const inTime =
  (
    entry: (at: Millis) => Entry,
    followUp: (facts: ReadonlyArray<Fact>) => Step = Answers.reportAll,
    asker?: SessionId,
  ): Step =>
  (state) =>
    order(entry(state.now), (facts) =>
      sequence(
        Attendance.follow(facts),
        followUp(facts),
        Roster.tell(facts, state, asker),
        Directory.note(facts, state),
      ),
    )(state);
