import * as O from "fp-ts/lib/Option.js";
import type { ClientId, Millis, SessionId, UserId } from "./base/id.js";
import { firstLevel } from "./base/level.js";
import * as Table from "./base/table.js";
import * as Announcements from "./delivery/announcements.js";
import * as Answers from "./delivery/answers.js";
import { isDue } from "./delivery/deadline.js";
import * as Directory from "./delivery/directory.js";
import * as Elsewhere from "./delivery/elsewhere.js";
import * as Relay from "./delivery/relay.js";
import * as Roster from "./delivery/roster.js";
import * as Sessions from "./delivery/sessions.js";
import * as Signals from "./delivery/signals.js";
import type { Effect } from "./effect.js";
import type { Arriving, Entry, Requester } from "./entry.js";
import type {
  Appended,
  ByeReceived,
  ClientConnected,
  Event,
  Forwarded,
  FrameEvent,
  Greeting,
  LogRecovered,
  PublishRequested,
  RoomRequest,
  ServerStarted,
} from "./event.js";
import type { Fact } from "./fact.js";
import * as Attendance from "./local/attendance.js";
import * as Channel from "./local/channel.js";
import * as Claims from "./local/claims.js";
import * as Client from "./local/client.js";
import * as Cluster from "./local/cluster.js";
import * as Mailbox from "./local/mailbox.js";
import { applied, type FollowUp, isOwn, order, requesterOf, withOrdering } from "./local/order.js";
import * as Tokens from "./local/tokens.js";
import type { Refusal } from "./message.js";
import { isLive } from "./shared/nodes.js";
import { cannotActAs, refusedByToken } from "./shared/permissions.js";
import { begin, isOutdated, type Client as Me, type Session, type State } from "./state.js";
import { ifChanged, nothing, type Step, sequence } from "./step.js";
import { sharedOf } from "./written.js";

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
      return start(event);
    case "ServerStopping":
      return stop;
    case "ClockTicked":
      return sequence(
        tend,
        expire,
        Elsewhere.giveUp,
        Announcements.repeatList,
        Directory.tellWatchers,
        Tokens.closeExpired,
      );
    case "Appended":
      return settle(event);
    case "LogFailed":
      return (state) => sendAwayWaiting(withOrdering(state, { isAvailable: false }));
    case "LogLost":
      return giveWay("entries of the log were lost");
    case "LogRecovered":
      return recover(event);
    case "Forwarded":
      return takeForwarded(event);
    case "Replied":
      return Elsewhere.replied(event);
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
          leave(me),
          O.isSome(me.member) ? Mailbox.discardIfAlone(me.session) : nothing,
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
const stop: Step = (state) => {
  const { node, cluster } = state.local.ordering;
  const close: Step = (same) => [
    same,
    [{ kind: "Close", to: { kind: "Everyone" }, code: 1001, reason: "the server is stopping" }],
  ];
  if (O.isNone(cluster) || O.isNone(node)) return close(state);
  return sequence(
    close,
    submit((at) => ({ kind: "StopNode", at, node: node.value })),
  )(state);
};

/** The others are told that this node is still there, and whoever seems not to be is suspected. */
const tend: Step = (state) => {
  const entries = Cluster.due(state);
  if (entries.length === 0) return [state, []];
  // What was asked for in vain, by a clock ahead of the log's, is asked for again.
  const renewed = withOrdering(Cluster.renewing(state), { isExpiring: false });
  return sequence(...entries.map((entry) => submit(() => entry)))(renewed);
};

const recover =
  ({ at, node }: LogRecovered): Step =>
  (state) => {
    const { settings } = state.shared;
    const { cluster, level } = state.local.ordering;
    const again = Cluster.withCluster(withOrdering(state, { isAvailable: true, isExpiring: false }), {
      renewAt: at,
      isRenewing: node === undefined && O.isSome(cluster) && cluster.value.isRenewing,
      availableSince: state.now,
    });
    if (node === undefined) return [again, []];
    const asNew = withOrdering(again, { node: O.some(node) });
    return submit((now) => ({ kind: "StartNode", at: now, node, settings, joins: true, level }))(asNew);
  };

/** What a client of another node has sent goes to those here that it is for. */
const takeForwarded =
  ({ from, about, by, request, asked }: Forwarded): Step =>
  (state) => {
    if (!Elsewhere.isCurrent(state, by)) return [state, []];
    if (request.kind === "PublishRequested")
      return (about === "subscribers" ? Relay.publish(request) : Signals.crossOver(request))(by)(state);
    if (by.user === undefined) return [state, []];
    const receive =
      request.kind === "SignalRequested"
        ? Signals.signalFrom(request, by.user)
        : Signals.messageFrom(request, by.user, by.session);
    return Elsewhere.receive(receive, from, asked)(state);
  };

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
      Relay.publish(event, event.client)(me),
      Elsewhere.publish(me, event),
      event.signal === undefined || state.shared.memberships.size === 0 ? nothing : Signals.crossOver(event)(me),
    )(state);
  };

/** A request to the shared half. What the sender is told, and what is passed on, follows from its facts. */
const ask =
  (request: RoomRequest, me: Me): Step =>
  (state) =>
    state.local.ordering.isAvailable
      ? submit((at) => ({ kind: "Request", at, request, by: requesterOf(state, me) }))(state)
      : Mailbox.refuse(me, request.id, unavailable)(state);

const unavailable: Refusal = {
  code: "unavailable",
  message: "the server cannot write this down now: try again",
  retryAfterMs: 1_000,
};

/** Of which others need not be told: nobody has come or gone. */
const isWithoutEffect: ReadonlySet<Fact["kind"]> = new Set(["RequestRefused", "NothingToDo", "ParticipantReleased"]);

const isAccepted = (facts: ReadonlyArray<Fact>): boolean => facts.every(({ kind }) => !isWithoutEffect.has(kind));

const accepted = (request: RoomRequest, me: Me, before: State): Step => {
  switch (request.kind) {
    case "CreateRequested":
      return nothing;
    case "JoinRequested":
      return sequence(Claims.claim(request.userId)(me), Relay.passOn(request, before, me.id)(me));
    case "LeaveRequested":
      return Relay.passOn(request, before, me.id)(me);
    default:
      return nothing;
  }
};

/** With a good ticket the client goes on with the session of the ticket, and otherwise begins its own. */
const welcome = ({ client, session: own }: ClientConnected, { id, seen, resume, user }: Greeting): Step => {
  return (state) => {
    const { node, isAvailable } = state.local.ordering;
    const by = { client, node, session: own, id, seen };
    if (resume === undefined) return beginSession(by, user)(state);
    return isAvailable
      ? submit((at) => ({ kind: "ResumeSession", at, ...resume, user, by }))(state)
      : sendAway(client)(state);
  };
};

/** Its session is kept for it: it comes back until the log takes entries again. 1013 is "try again later" (IANA). */
const sendAway =
  (client: ClientId): Step =>
  (state) => [state, [{ kind: "Close", to: { kind: "Client", client }, code: 1013, reason: "unavailable" }]];

/** Those whose session was being resumed. */
const sendAwayWaiting: Step = (state) => {
  const waiting = Table.values(state.local.clients).filter(
    ({ member, session }) => O.isSome(member) && Mailbox.mailboxOf(state, session) === undefined,
  );
  return sequence(...waiting.map(({ id }) => sendAway(id)))(state);
};

/** What a second session of the same user does is decided by its token. Refused: `already-connected`. */
const beginSession =
  (by: Arriving, user: UserId): Step =>
  (state) => {
    const me = Table.get(state.local.clients, by.client);
    const which = me !== undefined && O.isSome(me.token) ? me.token.value.grants.sessions : "both";
    const others = which === "both" ? [] : Sessions.others(state, by.session, user);
    const opened = Mailbox.open(by.session, by.client);
    if (me !== undefined && which === "refuse" && others.length > 0)
      return sequence(opened, Sessions.refuse(me, by.id))(state);
    if (others.length > 0 && !state.local.ordering.isAvailable) return sendAway(by.client)(state);
    return sequence(opened, ...others.map(endOther), Sessions.welcome(by, false))(state);
  };

const endOther =
  (session: SessionId): Step =>
  (state) =>
    sequence(Sessions.closeReplaced(session), (same) => {
      const known = Table.get(same.shared.sessions, session);
      if (known === undefined) return [same, []];
      return submit((at) => ({ kind: "EndSession", at, session, generation: known.generation }))(same);
    })(state);

const acknowledge =
  ({ session, generation }: Me): Step =>
  (state) =>
    Mailbox.mailboxOf(state, session)?.isAcknowledged === false
      ? submit((at) => ({ kind: "AcknowledgeSession", at, session, generation }))(state)
      : [state, []];

/** What only a client with a session that can be resumed has. */
const withdraw = (me: Me): Step =>
  sequence(Attendance.leaveAll(me.session, me.id), Directory.stopWatching(me.id), Mailbox.leave(me));

/**
 * The client is gone. A session that can be resumed is kept for the grace, if it holds anything; one of the seed's protocol ends. A session
 * that is not in the shared half holds nothing, and nobody needs to know.
 */
const leave =
  ({ session, generation, member }: Pick<Requester, "session" | "generation" | "member">): Step =>
  (state) =>
    Table.has(state.shared.sessions, session)
      ? submit((at) => ({ kind: O.isSome(member) ? "LoseSession" : "EndSession", at, session, generation }))(state)
      : [state, []];

/** The session ends, and then the client is told. */
const bye =
  ({ id = 0, client }: ByeReceived, me: Me): Step =>
  (state) => {
    const { session, generation } = me;
    // Where that cannot be written down, the client is gone, and its session is lost after the grace.
    if (!state.local.ordering.isAvailable) return sayGoodbye(id, me)(state);
    return submit((at) => ({ kind: "EndSession", at, session, generation, goodbye: { client, id } }))(state);
  };

/** 1000 is "normal closure" (RFC 6455, 7.4.1). */
const sayGoodbye = (id: number, me: Me): Step =>
  sequence(Mailbox.answer(me, id, {}), Mailbox.leave(me), Mailbox.discardIfAlone(me.session), (state) => [
    state,
    [{ kind: "Close", to: { kind: "Client", client: me.id }, code: 1000, reason: "goodbye" }],
  ]);

/** What is due by now ends. */
const expire: Step = (state) => {
  const { node, isExpiring } = state.local.ordering;
  if (isExpiring || !isDue(state) || !Cluster.isFirst(state)) return [state, []];
  const asked = O.isNone(node) ? state : withOrdering(state, { isExpiring: true });
  return submit((at) => ({ kind: "Expire", at }))(asked);
};

/** What a log has brought so far is there from the start. With a log, the run itself is an entry: what is after it is of this run. */
const start =
  ({ settings, node, restored, cluster, level = firstLevel }: ServerStarted): Step =>
  ({ now }) => {
    if (node === undefined) return [withOrdering(begin(now, settings, level), { level }), []];
    const begun = begin(now, settings);
    const shared = restored === undefined ? begun.shared : sharedOf(restored);
    const among = cluster === undefined ? O.none : O.some(Cluster.begin(now, cluster.digest));
    const state = withOrdering({ ...begun, shared }, { node: O.some(node), level, cluster: among });
    return submit((at) => ({ kind: "StartNode", at, node, settings, joins: cluster !== undefined, level }))(state);
  };

/** Orders an entry of this node that bears the time of the event. */
const submit =
  (entryAt: (at: Millis) => Entry): Step =>
  (state) => {
    const entry = entryAt(state.now);
    return order(entry, ownFollowUp(entry))(state);
  };

/**
 * An entry comes back from the log, or one of another node comes, whose asker is answered there. What a node asks for that was given up, or
 * has not begun, does not count. Where the level in force is above what this node can decide, it decides nothing any more.
 */
const settle =
  (event: Appended): Step =>
  (state) => {
    const { entry, node } = event;
    if (isOutdated(state)) return [state, []];
    if (entry.kind !== "StartNode" && !isLive(state.shared, node)) return [state, []];
    const follow: FollowUp = isOwn(state, event) ? ownFollowUp(entry) : foreignFollowUp(entry);
    return sequence(
      (same) => {
        const [noted, facts] = Cluster.compared(same, event);
        return Answers.reportAll(facts)(noted);
      },
      applied(entry, (facts, before) =>
        sequence(
          (after) => [Cluster.noted(event, facts)(comeBack(after, event, facts)), []],
          follow(facts, before),
          (after) =>
            Cluster.isGone(before, after) ? giveWay("the others have given this node up")(after) : [after, []],
        ),
      ),
    )(state);
  };

/** One of this node's `Expire` that has ended nothing was early by the clock of the log, and is asked for again later. */
const comeBack = (state: State, event: Appended, facts: ReadonlyArray<Fact>): State =>
  event.entry.kind === "Expire" && isOwn(state, event) && (facts.length > 0 || O.isNone(state.local.ordering.cluster))
    ? withOrdering(state, { isExpiring: false })
    : state;

/** This node takes part again as a new one. Its clients come back, here or elsewhere. 1012 is "service restart" (IANA). */
const giveWay =
  (reason: string): Step =>
  (state) => [
    withOrdering(state, { isAvailable: false }),
    [{ kind: "Close", to: { kind: "Everyone" }, code: 1012, reason }],
  ];

/** What follows here from an entry of another node. */
const foreignFollowUp = (entry: Entry): FollowUp =>
  followUp((facts, before) =>
    sequence(
      Answers.reportAll(facts.filter(({ kind }) => kind !== "RequestRefused" && kind !== "NothingToDo")),
      // A node that is gone with this entry closes all of its clients, and they come back.
      (after) => (Cluster.isGone(before, after) ? [after, []] : sequence(...facts.map(letGo))(after)),
      entry.kind === "Request" && isAccepted(facts) ? passedOn(entry, before) : nothing,
    ),
  );

/** A session that goes on at another node, or was ended there, has no client here any more. */
const letGo = (fact: Fact): Step => {
  switch (fact.kind) {
    case "SessionResumed":
      return sequence(Sessions.closeReplaced(fact.session), Mailbox.discard(fact.session));
    case "SessionEnded":
      return Sessions.closeReplaced(fact.session);
    default:
      return nothing;
  }
};

const passedOn = ({ request, by }: Extract<Entry, { readonly kind: "Request" }>, before: State): Step =>
  request.kind === "JoinRequested" || request.kind === "LeaveRequested" ? Relay.passOn(request, before)(by) : nothing;

/** What follows from an entry that this node has made: its client is answered, and the facts are reported. */
const ownFollowUp = (entry: Entry): FollowUp => {
  switch (entry.kind) {
    case "Request": {
      const { request, by } = entry;
      return followUp(
        (facts, before) =>
          sequence(
            Answers.answer(request, by, facts),
            ifHere(by.client, (me) => (isAccepted(facts) ? accepted(request, me, before) : nothing), leave(by)),
          ),
        by.session,
      );
    }
    case "ResumeSession":
      return followUp((facts) => sequence(Answers.reportAll(facts), resumed(entry, facts)));
    case "EndSession": {
      const { goodbye } = entry;
      const ended = followUp(Answers.reportAll);
      if (goodbye === undefined) return ended;
      return (facts, before) =>
        sequence(
          ended(facts, before),
          ifHere(goodbye.client, (me) => sayGoodbye(goodbye.id, me), nothing),
        );
    }
    default:
      return followUp(Answers.reportAll);
  }
};

/** A log answers later: the client may be gone by then. */
const ifHere =
  (client: ClientId, does: (me: Me) => Step, otherwise: Step): Step =>
  (state) => {
    const me = Table.get(state.local.clients, client);
    return (me === undefined ? otherwise : does(me))(state);
  };

const resumed =
  ({ session, user, by }: Extract<Entry, { readonly kind: "ResumeSession" }>, facts: ReadonlyArray<Fact>): Step =>
  (state) => {
    const known = facts.length === 0 ? undefined : Table.get(state.shared.sessions, session);
    if (known === undefined) return ifHere(by.client, () => beginSession(by, user), nothing)(state);
    return ifHere(
      by.client,
      () => sequence(Sessions.takeOver(by, known), Sessions.welcome(by, true)),
      gone(known),
    )(state);
  };

/** A session that was resumed for a client that is gone by now has no client, not even its former one. */
const gone = (known: Session): Step =>
  sequence(Sessions.closeReplaced(known.id), Mailbox.withoutClient(known.id), leave({ ...known, session: known.id }));

/** What anybody is told follows from the facts, the asker first. */
const followUp =
  (answered: (facts: ReadonlyArray<Fact>, before: State) => Step, asker?: SessionId): FollowUp =>
  (facts, before) =>
    sequence(
      Attendance.follow(facts),
      answered(facts, before),
      Roster.tell(facts, before, asker),
      Directory.note(facts, before),
    );
