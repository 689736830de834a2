/** A mistake that somebody could make: in a file, one text instead of another that stands there once. */
export interface Bug {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const inFile = (file: string, ...bugs: ReadonlyArray<Omit<Bug, "file">>): ReadonlyArray<Bug> =>
  bugs.map((bug) => ({ ...bug, file }));

export const bugs: ReadonlyArray<Bug> = [
  ...inFile(
    "core/shared/evolve.ts",
    {
      name: "a hold is not released with the participant",
      find: "holders: Table.remove(shared.holders, seat) });",
      replace: "});",
    },
    {
      name: "a seat stays with the session that left it",
      find: "for (const session of Table.keys(holders)) sessions = withoutSeat(sessions, session, seat);",
      replace: "",
    },
    {
      name: "a creator is not forgotten with the room",
      find: "const rest = withoutCreator(shared, id);",
      replace: "const rest = shared;",
    },
    {
      name: "the generation is not raised by a resume",
      find: "generation: fact.generation,\n        isTicketDue: true,",
      replace: "isTicketDue: true,",
    },
    {
      name: "a session that ends stays due",
      find: "return withoutSession(Door.sessionNotAway(shared, fact.session), fact.session);",
      replace: "return withoutSession(shared, fact.session);",
    },
    {
      name: "the roster's version is not raised when somebody is back",
      find: 'case "ParticipantAway":\n    case "ParticipantBack":\n      return Door.withNextVersion(shared, fact.room);',
      replace:
        'case "ParticipantAway":\n      return Door.withNextVersion(shared, fact.room);\n    case "ParticipantBack":\n      return shared;',
    },
    {
      name: "a room that was joined still counts as unjoined",
      find: "unjoined: room.participants.size === 0 ? Table.remove(shared.unjoined, room.seq) : shared.unjoined,",
      replace: "unjoined: shared.unjoined,",
    },
  ),
  ...inFile(
    "core/shared/door-changes.ts",
    {
      name: "a co-host who has left is one still",
      find: 'cohosts: reason === "lost" ? door.cohosts : without(door.cohosts, user),',
      replace: "cohosts: door.cohosts,",
    },
    {
      name: "who is barred keeps the role",
      find: "cohosts: without(door.cohosts, user),\n    barred:",
      replace: "barred:",
    },
    {
      name: "a knock that has ended is still due",
      find: "      due: Multimap.remove(shared.due, knock.until, dueKnock(room, user)),\n    },\n  );\n};\n\n/** Whoever",
      replace: "    },\n  );\n};\n\n/** Whoever",
    },
    {
      name: "a host who is back is still awaited",
      find: "return changeDoor(hostNoLongerAwaited(shared, room, door), room, (there) => ({ ...there, hostAwaitedUntil: O.none }));",
      replace: "return shared;",
    },
    {
      name: "the old host stays a co-host of itself",
      find: "const others = (door: Door): ReadonlyArray<UserId> => without(door.cohosts, user);",
      replace: "const others = (door: Door): ReadonlyArray<UserId> => door.cohosts;",
    },
  ),
  ...inFile(
    "core/shared/door.ts",
    {
      name: "a ban ends at its first moment",
      find: "if (bar !== undefined && bar.until > at)",
      replace: "if (bar !== undefined && bar.until < at)",
    },
    {
      name: "the lock is not looked at",
      find: "if (door.isLocked) return",
      replace: "if (door.isLocked && false) return",
    },
    {
      name: "a lobby lets everybody in",
      find: 'return O.isSome(room.policy) && room.policy.value.lobby ? { kind: "knock" } : isOpen;',
      replace: "return isOpen;",
    },
    {
      name: "one more waits than may: > for >=",
      find: "if (knocks.size >= roomWaitingMax ||",
      replace: "if (knocks.size > roomWaitingMax ||",
    },
    {
      name: "a room remembers one more ban than it may",
      find: "const isFull = barred.size >= shared.settings.limits.roomBarredMax",
      replace: "const isFull = barred.size > shared.settings.limits.roomBarredMax",
    },
  ),
  ...inFile(
    "core/shared/participants.ts",
    {
      name: "whoever may not come into the room that they create leaves it behind",
      find: 'more.some(({ kind }) => kind === "RequestRefused") ? [shared, more] : [joined, [...facts, ...more]];',
      replace: "[joined, [...facts, ...more]];",
    },
    {
      name: "a knock outlives a ban",
      find: 'isWaiting ? record({ kind: "KnockEnded", room: roomId, user: userId, reason: "banned" }) : nothing,',
      replace: "",
    },
    {
      name: "a participant outlives a ban",
      find: "isThere ? endPresence(roomId, userId, reason, at) : nothing,",
      replace: "",
    },
    {
      name: "a knock outlives the joining",
      find: '? record({ kind: "KnockEnded", room: id, user: userId, reason: "joined" })\n        : nothing,',
      replace: "? nothing : nothing,",
    },
    {
      name: "a co-host may remove the host",
      find: 'isPlain ? "remove participant" : "remove host or cohost"',
      replace: '"remove participant"',
    },
    {
      name: "a session in too many rooms joins one more",
      find: "session.seats.length < clientSeatsMax",
      replace: "session.seats.length <= clientSeatsMax",
    },
  ),
  ...inFile(
    "core/shared/sessions.ts",
    {
      name: "a generation is ignored when a socket is lost",
      find: "if (known === undefined || known.generation !== generation || O.isSome(known.awayUntil)) return nothing(shared);",
      replace: "if (known === undefined || O.isSome(known.awayUntil)) return nothing(shared);",
    },
    {
      name: "any old ticket is good",
      find: "const isGood = generation === known.generation || (known.isTicketDue && generation === known.generation - 1);",
      replace: "const isGood = generation <= known.generation;",
    },
    {
      name: "the ticket before the latest is good for ever",
      find: 'return record({ kind: "SessionAcknowledged", session })(shared);',
      replace: "return nothing(shared);",
    },
    {
      name: "others are not told who is back",
      find: '...wereAway.map((seat) => record({ kind: "ParticipantBack", ...Id.seatOf(seat) })),',
      replace: "",
    },
    {
      name: "a session that ends leaves its knocks",
      find: "...knocks.map((room) => endKnock(room, session)),",
      replace: "",
    },
    {
      name: "what is due at this very moment waits: < for <=",
      find: "O.isNone(next) || next.value > at) break;",
      replace: "O.isNone(next) || next.value >= at) break;",
    },
    {
      name: "the grace is doubled",
      find: "const until = (at + shared.settings.sessionGraceMs) as Millis;",
      replace: "const until = (at + 2 * shared.settings.sessionGraceMs) as Millis;",
    },
    {
      name: "the wall clock in a deadline",
      find: "const until = (at + shared.settings.sessionGraceMs) as Millis;",
      replace: "const until = (at + shared.settings.sessionGraceMs - (performance.now() % 7)) as Millis;",
    },
  ),
  ...inFile(
    "core/shared/permissions.ts",
    {
      name: "where one is a co-host, all are",
      find: '...(isCohost(shared, room, by) ? (["cohost"] as const) : []),',
      replace: '...(cohostsOf(shared, room.id).length > 0 ? (["cohost"] as const) : []),',
    },
    {
      name: "a co-host gives roles",
      find: '"give role": { host: true, cohost: false, participant: false }',
      replace: '"give role": { host: true, cohost: true, participant: false }',
    },
    {
      name: "everybody is the host",
      find: "if (O.isSome(identity.verified)) return identity.verified.value === host;",
      replace: "if (O.isSome(identity.verified)) return true;",
    },
    {
      name: "a client without a session claims the user of one",
      find: "if (O.isNone(verified) && user.startsWith(madeUserPrefix))",
      replace: "if (O.isNone(verified) && user.startsWith(madeUserPrefix) && user === madeUserPrefix)",
    },
  ),
  ...inFile(
    "core/shared/rooms.ts",
    {
      name: "one room more than may be",
      find: "if (shared.rooms.size >= roomsMax)",
      replace: "if (shared.rooms.size > roomsMax)",
    },
    {
      name: "who waits at a door that closes waits on",
      find: '...Table.keys(knocksAt(shared, id)).map((user) =>\n        record({ kind: "KnockEnded", room: id, user, reason: "closed" }),\n      ),',
      replace: "",
    },
    {
      name: "a room that nobody joined is closed a moment late",
      find: "O.filter((room) => expiryOf(current, room) <= at),",
      replace: "O.filter((room) => expiryOf(current, room) < at),",
    },
  ),
  ...inFile(
    "core/local/mailbox.ts",
    {
      name: "what a replaced socket says is heard",
      find: "if (mailbox === undefined || !isOf(mailbox, me.id)) return [state, []];\n    const isRepeated",
      replace: "if (mailbox === undefined) return [state, []];\n    const isRepeated",
    },
    {
      name: "a request is carried out twice",
      find: "const isRepeated = id !== undefined && id <= mailbox.heard;",
      replace: "const isRepeated = id !== undefined && id < mailbox.heard;",
    },
    {
      name: "one frame too many is forgotten",
      find: "findIndex(({ n }) => n > seen)",
      replace: "findIndex(({ n }) => n > seen + 1)",
    },
    {
      name: "one frame too many is sent again",
      find: "findIndex(({ n }) => n > seen)",
      replace: "findIndex(({ n }) => n >= seen)",
    },
    {
      name: "nothing is sent again",
      find: "return [withMailbox(state, rest), again.map((message) => reply(client, message))];",
      replace: "return [withMailbox(state, rest), again.slice(0, 0).map((message) => reply(client, message))];",
    },
    {
      name: "a gap is not told",
      find: "mailbox.droppedN > seen ? O.some(mailbox.gap) : O.none;",
      replace: "mailbox.droppedN > seen && mailbox.droppedN < 0 ? O.some(mailbox.gap) : O.none;",
    },
    {
      name: "a mailbox stays when nobody will read it",
      find: "return [withLocal(state, { mailboxes: Table.remove(state.local.mailboxes, session) }), []];",
      replace: "return [state, []];",
    },
    {
      name: "the end of an older socket takes the mailbox from the newer one",
      find: "return mailbox === undefined || !isOf(mailbox, me.id) ? [state, []]",
      replace: "return mailbox === undefined ? [state, []]",
    },
  ),
  ...inFile(
    "core/local/channel.ts",
    {
      name: "a client that is gone stays subscribed",
      find: "subscribers = Multimap.remove(subscribers, channel, me.id);",
      replace: "",
    },
    {
      name: "one channel more than may be",
      find: "if (me.channels.length >= clientChannelsMax)",
      replace: "if (me.channels.length > clientChannelsMax)",
    },
  ),
  ...inFile("core/local/claims.ts", {
    name: "an observer stays one when it says who it is",
    find: "if (isObserver(state, known) !== isObserver(state, me))",
    replace: "if (isObserver(state, known) && !isObserver(state, me))",
  }),
  ...inFile("core/local/attendance.ts", {
    name: "who has left is still told of the room",
    find: "return [forgetNegotiations(withoutUser(state, fact.room, fact.user), fact.room, fact.user), []];",
    replace: "return [forgetNegotiations(state, fact.room, fact.user), []];",
  }),
  ...inFile("core/local/negotiations.ts", {
    name: "negotiations outlive their participants",
    find: "if (state.local.negotiations.size === 0) return state;",
    replace: "if (state.local.negotiations.size >= 0) return state;",
  }),
  ...inFile(
    "core/delivery/relay.ts",
    {
      name: "a sender gets its own message",
      find: ': { kind: "Others", channel, sender };',
      replace: ': { kind: "Subscribers", channel };',
    },
    {
      name: "a message for one user goes to all, on a server that targets",
      find: 'to !== undefined && state.shared.settings.delivery === "targeted"',
      replace: 'to !== undefined && state.shared.settings.delivery === "broadcast"',
    },
  ),
  ...inFile(
    "core/delivery/signals.ts",
    {
      name: "a message comes back to its sender",
      find: ".filter(({ id }) => id !== from)\n",
      replace: "",
    },
    {
      name: "who waits writes to everybody",
      find: "return isModerator(to) ? sessionsIn(state, room.id, to) : [];",
      replace: "return sessionsIn(state, room.id, to);",
    },
  ),
  ...inFile(
    "core/delivery/announcements.ts",
    {
      name: "what is pending is forgotten",
      find: "mayAnnounce(state, kind) ? announce(kind)(state) : [withPending(state, kind, true), []];",
      replace: "mayAnnounce(state, kind) ? announce(kind)(state) : [state, []];",
    },
    {
      name: "the list is repeated without a room",
      find: "if (state.shared.rooms.size > 0 === O.isSome(state.local.repeatListAt)) return [state, []];",
      replace: "if (O.isSome(state.local.repeatListAt)) return [state, []];",
    },
  ),
  ...inFile("core/delivery/directory.ts", {
    name: "who watches is not told of a room that closes",
    find: '    case "RoomClosed":\n',
    replace: "",
  }),
  ...inFile("core/delivery/roster.ts", {
    name: "a roster frame is one version ahead",
    find: "from: version - some.length, to: version,",
    replace: "from: version - some.length + 1, to: version + 1,",
  }),
  ...inFile("core/delivery/deadline.ts", {
    name: "nobody asks for the tick that tells what is pending",
    find: "    nextPending(state),\n",
    replace: "",
  }),
  ...inFile(
    "core/reduce.ts",
    {
      name: "a client that is gone is not forgotten by its users",
      find: "          Claims.forgetAllOf(me),\n",
      replace: "",
    },
    {
      name: "time runs backwards",
      find: "const now = Math.max(state.now, event.at) as Millis;",
      replace: "const now = event.at;",
    },
  ),
  ...inFile(
    "adapters/sockets/outbox.ts",
    {
      name: "the audience is resolved when the turn ends",
      find: "const known = groups.get(among) ?? { all: members(whole), frames: [] };",
      replace:
        "const known = groups.get(among) ?? { get all() { return members(groupFor(encoded?.state ?? state, to) ?? whole).slice(1); }, frames: [] };",
    },
    {
      name: "whoever is left out is sent it all the same",
      find: "const frames = framesOf(streams).filter(({ except }) => except !== client);",
      replace: "const frames = framesOf(streams);",
    },
    {
      name: "messages of several streams leave out of order",
      find: "[...frames].sort((a, b) => a.n - b.n)",
      replace: "[...frames]",
    },
    {
      name: "groups are not emptied after a turn",
      find: "    groups.clear();\n",
      replace: "",
    },
    {
      name: "a state that was kept back is forgotten",
      find: "const kept = [...(keptBack.get(client) ?? [])];",
      replace: "const kept = [...(keptBack.get(client) ?? [])].slice(0, 0);",
    },
    {
      name: "a state is sent to who is no longer meant",
      find: "if (isStillFor(client, to, state)) announced[kind].set(client, to);",
      replace: "announced[kind].set(client, to);",
    },
    {
      name: "a state that is cached belongs to another moment",
      find: "if (encoded?.state !== state) encoded",
      replace: "if (encoded === undefined) encoded",
    },
    {
      name: "states that were put off are never sent",
      find: "    if (late.ClientCount.size === 0 && late.RoomList.size === 0) later(Math.max(lateMs, pace.waitMs()));\n",
      replace: "",
    },
  ),
  ...inFile(
    "adapters/sockets/sending.ts",
    {
      name: "a write is not counted",
      find: "queuedBytes += bytes.length;",
      replace: "",
    },
    {
      name: "what waits for all is not given back",
      find: '  socket.once("close", () => count(-counted));\n',
      replace: "",
    },
    {
      name: "what comes later overtakes what waits",
      find: "queue.push(...piecesOf(bytes));",
      replace: "queue.unshift(...piecesOf(bytes));",
    },
    {
      name: "nobody learns that a client has caught up",
      find: "    caughtUp();\n",
      replace: "",
    },
  ),
  ...inFile(
    "adapters/server/runtime.ts",
    {
      name: "what does not fit into a turn is forgotten",
      find: "queue = [...events.slice(done), ...queue];",
      replace: "",
    },
    {
      name: "the last event of a turn is repeated in the next",
      find: "queue = [...events.slice(done), ...queue];",
      replace: "queue = [...events.slice(done - 1), ...queue];",
    },
    {
      name: "an effect is carried out twice",
      find: "for (const effect of effects) ports.interpret(effect, next);",
      replace: "for (const effect of effects) for (const _ of [1, 2]) ports.interpret(effect, next);",
    },
  ),
  ...inFile("adapters/server/clock.ts", {
    name: "an alarm rings once",
    find: "      armedFor = undefined;\n",
    replace: "",
  }),
  ...inFile(
    "adapters/sockets/intake.ts",
    {
      name: "who is held is never let go",
      find: "if (line.holds.delete(why) && line.holds.size === 0) serve(line, perClient.frames);",
      replace: "line.holds.delete(why);",
    },
    {
      name: "a frame that comes later overtakes those that wait",
      find: "if (line.waiting.length === 0 && line.holds.size === 0 && hasRoom(line)) {",
      replace: "if (line.holds.size === 0 && hasRoom(line)) {",
    },
  ),
  ...inFile("adapters/auth/greet.ts", {
    name: "a ticket is good for a session, and not for its user",
    find: "user: known?.user ?? (",
    replace: 'user: known?.user.replace(/.*/, "") || (',
  }),
  ...inFile("adapters/auth/tickets.ts", {
    name: "a ticket need not be genuine",
    find: "if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;",
    replace: "if (given.length !== expected.length || timingSafeEqual(given, Buffer.alloc(32))) return undefined;",
  }),
  ...inFile("adapters/journal/redact.ts", {
    name: "the length of a text is lost with the text",
    find: "return isCounted(event) ? { ...redacted, chars: event.text.length } : redacted;",
    replace: "return redacted;",
  }),
  ...inFile("core/record/upcast.ts", {
    name: "a replayed event is another one",
    find: "if (!t.UnknownRecord.is(line)) return line;",
    replace:
      'if (!t.UnknownRecord.is(line)) return line;\n  if (line.kind === "LeaveRequested") return { ...line, userId: "nobody" };',
  }),
];
