import fc from "fast-check";
import * as O from "fp-ts/lib/Option.js";
import * as Table from "../../core/base/table.js";
import type { ServerFrame } from "../../core/dialect/v1/wire.js";
import {
  type ClientConnected,
  type ClientId,
  type DialectName,
  defaultSettings,
  type Event,
  encodeAmong,
  type FrameEvent,
  initial,
  type Member,
  type Millis,
  type Moment,
  nextDeadline,
  type RoomId,
  recipients,
  reduce,
  type SessionId,
  type Settings,
  type State,
  seed,
  type UserId,
  v1,
} from "../../core/index.js";
import { anyFrame as anySeedFrame, anySettings, connected, roomIds, tightSettings, userIds } from "./world.js";

/** Four places that clients of `signalbox.v1` speak from; the third is the first one's second device. */
export const places = [0, 1, 2, 3] as const;
export type Place = (typeof places)[number];
const person = (user: string, name: string): Member => ({ user: user as UserId, name });
export const people: Readonly<Record<Place, Member>> = {
  0: person("~a", "Ann"),
  1: person("~b", "Bob"),
  2: person("~a", "Ann"),
  3: person("eve", "Eve"),
};
/** Two clients of the seed's protocol: one that claims, and one that is verified as who speaks v1 too. */
const seedClients = [1, 2] as ReadonlyArray<number> as readonly [ClientId, ClientId];
const targets = ["~a", "~b", "eve", "dan"] as ReadonlyArray<string> as ReadonlyArray<UserId>;

const tightLimits = {
  ...tightSettings.limits,
  roomParticipantsMax: 3,
  keptMessagesMax: 3,
  keptCharsMax: 60,
  messageCharsMax: 40,
};

export const anyMixedSettings: fc.Arbitrary<Settings> = fc
  .tuple(
    anySettings,
    fc.constantFrom(
      { ...defaultSettings.limits, messagesPerSecond: 0 },
      tightLimits,
      { ...tightLimits, roomsMax: 3, clientRoomsMax: 3 },
      { ...tightLimits, messagesPerSecond: 2, messageBurst: 3 },
    ),
  )
  .map(([settings, limits]) => ({ ...settings, limits }));

/** What a place asks for, without the members that depend on what has happened. */
type Unsent = FrameEvent extends infer E
  ? E extends FrameEvent
    ? Omit<E, "at" | "client" | "id" | "seen" | "userId" | "userName"> & { readonly userId?: UserId }
    : never
  : never;

/** The `seen` of a frame: none, what was sent last, less, or what was never sent. */
type Seen = "none" | "last" | "future" | number;

type Act =
  | { readonly do: "connect"; readonly place: Place }
  | {
      readonly do: "resume";
      readonly place: Place;
      /** Whose session: mostly its own. */
      readonly of: Place;
      /** 0 with the ticket of the latest generation, −1 with that of the one before, 1 with one that nobody has made. */
      readonly generation: number;
      readonly seen: Seen;
    }
  /** `isFormer`: of the socket before the latest. */
  | { readonly do: "drop"; readonly place: Place; readonly isFormer: boolean }
  | {
      readonly do: "ask";
      readonly place: Place;
      readonly isFormer: boolean;
      readonly request: Unsent;
      /** Somebody who is there to be spoken to or decided about, instead of whom the request names. */
      readonly aim: number | undefined;
      readonly id: "fresh" | "used";
      readonly seen: Seen;
    }
  | { readonly do: "seed connects" | "seed drops"; readonly client: ClientId }
  | { readonly do: "seed says"; readonly frame: FrameEvent }
  | { readonly do: "tick"; readonly isAtDeadline: boolean };

const weighted = <A>(weight: number, arbitrary: fc.Arbitrary<A>): fc.WeightedArbitrary<A> => ({ weight, arbitrary });
/** Most of it happens in the first. */
export const roomAt = (n: number): RoomId => roomIds[n % roomIds.length] as RoomId;
const room = fc.oneof(weighted(5, fc.constant(roomAt(0))), weighted(1, fc.constantFrom(...roomIds)));
const target = fc.constantFrom(...targets);
const kind = <K extends string>(k: K): fc.Arbitrary<K> => fc.constant(k);
const duration = fc.constantFrom(0, 300, 5_000);
const text = fc.oneof(
  { weight: 6, arbitrary: fc.uuid().map((id) => JSON.stringify(id.slice(0, 8))) },
  { weight: 1, arbitrary: fc.constant(JSON.stringify("long ".repeat(9))) },
);

export const anyPolicy = fc.record({
  listed: fc.boolean(),
  lobby: fc.constantFrom(false, false, true),
  capacity: fc.constantFrom(1, 2, 3, 3, 3),
  withoutHost: fc.constantFrom("promote" as const, "open" as const, "lock" as const, "close" as const),
});

/** The members of a creation that name its creator are added with the place. */
const creation = fc.record({
  room: fc.record({ id: room, name: fc.constantFrom("Daily", "Weekly") }),
  policy: anyPolicy,
});

const about = { roomId: room, userId: target };

/** Offers are the most, and numbers few, so that they cross and grow old. */
export const anySignal: fc.Arbitrary<Unsent> = fc.record({
  kind: kind("SignalRequested"),
  roomId: room,
  to: target,
  signal: fc.constantFrom("offer" as const, "offer" as const, "answer" as const, "candidate" as const, "end" as const),
  negotiation: fc.nat(2),
  text,
});

export const anyMessage: fc.Arbitrary<Unsent> = fc.record(
  { kind: kind("MessageRequested"), roomId: room, to: target, text },
  { requiredKeys: ["kind", "roomId", "text"], noNullPrototype: true },
);

export const anyRequest: fc.Arbitrary<Unsent> = fc.oneof(
  weighted(
    1,
    creation.map((created) => ({ kind: "CreateRequested" as const, ...created })),
  ),
  weighted(5, fc.record({ kind: kind("JoinRequested"), roomId: room, text: fc.constant("") })),
  weighted(
    5,
    fc.tuple(room, creation).map(([roomId, create]) => ({
      kind: "JoinRequested" as const,
      roomId,
      create: { ...create, room: { ...create.room, id: roomId } },
      text: "",
    })),
  ),
  weighted(2, fc.record({ kind: kind("LeaveRequested"), roomId: room, text: fc.constant("") })),
  weighted(1, fc.record({ kind: kind("CloseRequested"), roomId: room })),
  weighted(1, fc.record({ kind: kind("RosterRequested"), roomId: room })),
  weighted(1, fc.record({ kind: kind("WithdrawRequested"), roomId: room })),
  weighted(5, fc.record({ kind: kind("AdmitRequested"), ...about })),
  weighted(2, fc.record({ kind: kind("DenyRequested"), ...about, forMs: duration })),
  weighted(1, fc.record({ kind: kind("LockRequested"), roomId: room, isLocked: fc.boolean() })),
  weighted(2, fc.record({ kind: kind("RemoveRequested"), ...about, banMs: duration })),
  weighted(1, fc.record({ kind: kind("UnbanRequested"), ...about })),
  weighted(
    4,
    fc.record({
      kind: kind("RoleRequested"),
      ...about,
      role: fc.constantFrom("host" as const, "cohost" as const, "participant" as const),
    }),
  ),
  weighted(16, anySignal),
  weighted(4, anyMessage),
  weighted(2, fc.record({ kind: kind("DirectoryRequested"), isWatching: fc.boolean() })),
  weighted(1, fc.record({ kind: kind("PingReceived") })),
  weighted(1, fc.record({ kind: kind("IceServersRequested") })),
  weighted(2, fc.record({ kind: kind("AckReceived") })),
  weighted(1, fc.record({ kind: kind("ByeReceived") })),
  weighted(
    1,
    fc.constant({
      kind: "FrameRefused" as const,
      refusal: { code: "invalid-message" as const, message: "no", path: "type" },
    }),
  ),
);

const anyPlace = fc.constantFrom<Place>(0, 0, 0, 1, 1, 2, 3, 3);
const anySeen: fc.Arbitrary<Seen> = fc.oneof(
  weighted(3, fc.constant("none" as const)),
  weighted(2, fc.constant("last" as const)),
  weighted(2, fc.nat(6)),
  weighted(1, fc.constant("future" as const)),
);
const seldom = fc.oneof(weighted(7, fc.constant(false)), weighted(1, fc.constant(true)));

/** The first speaks for two users, and tries one that nobody can claim; the second is verified, and tries somebody else. */
const seedUsers: ReadonlyArray<ReadonlyArray<string>> = [
  ["dan", "dan", "fay", "~a"],
  ["eve", "eve", "eve", "dan"],
];
const userMembers = ["userId", "hostId", "from", "to"];
const seedFrame = anySeedFrame.map((frame): FrameEvent => {
  const which = frame.client % 2;
  return JSON.parse(JSON.stringify({ ...frame, client: seedClients[which] }), (member, value) =>
    userMembers.includes(member) ? seedUsers[which]?.[userIds.indexOf(value)] : value,
  );
});

const anyAct: fc.Arbitrary<Act> = fc.oneof(
  weighted(1, fc.record({ do: kind("connect"), place: anyPlace })),
  weighted(
    6,
    fc
      .record({
        place: anyPlace,
        other: fc.oneof(weighted(8, fc.constant(undefined)), weighted(1, anyPlace)),
        generation: fc.oneof(weighted(6, fc.constant(0)), weighted(2, fc.constant(-1)), weighted(1, fc.constant(1))),
        seen: anySeen,
      })
      .map(({ place, other = place, ...rest }) => ({ do: "resume" as const, place, of: other, ...rest })),
  ),
  weighted(4, fc.record({ do: kind("drop"), place: anyPlace, isFormer: seldom })),
  weighted(
    40,
    fc.record({
      do: kind("ask"),
      place: anyPlace,
      isFormer: seldom,
      request: anyRequest,
      aim: fc.option(fc.nat(3), { nil: undefined, freq: 5 }),
      id: fc.oneof(weighted(9, kind("fresh")), weighted(1, kind("used"))),
      seen: anySeen,
    }),
  ),
  weighted(
    1,
    fc.record({ do: fc.constantFrom("seed connects", "seed drops"), client: fc.constantFrom(...seedClients) }),
  ),
  weighted(8, fc.record({ do: kind("seed says"), frame: seedFrame })),
  weighted(4, fc.record({ do: kind("tick"), isAtDeadline: fc.boolean() })),
);

/** Mostly signals to who is there. */
export const anyTalkingAct: fc.Arbitrary<Act> = fc.oneof(
  weighted(
    6,
    fc.record({
      do: kind("ask"),
      place: anyPlace,
      isFormer: fc.constant(false),
      request: anySignal,
      aim: fc.nat(1),
      id: kind("fresh"),
      seen: anySeen,
    }),
  ),
  weighted(1, anyAct),
);

/** Mostly somebody comes to a small room with a lobby, is admitted to it, or leaves. */
export const anyDoorAct: fc.Arbitrary<Act> = fc.oneof(
  weighted(
    9,
    fc.record({
      do: kind("ask"),
      place: anyPlace,
      isFormer: fc.constant(false),
      request: fc.oneof(
        anyPolicy.map((policy) => ({
          kind: "JoinRequested" as const,
          roomId: roomAt(0),
          create: { room: { id: roomAt(0), name: "Daily" }, policy: { ...policy, lobby: true } },
          text: "",
        })),
        fc.record({ kind: kind("AdmitRequested"), roomId: fc.constant(roomAt(0)), userId: target }),
        fc.record({ kind: kind("LeaveRequested"), roomId: fc.constant(roomAt(0)), text: fc.constant("") }),
      ),
      aim: fc.nat(1),
      id: kind("fresh"),
      seen: anySeen,
    }),
  ),
  weighted(1, anyAct),
);

/** What a socket that has been greeted enters the core with. */
export const greeted = (
  client: ClientId,
  session: string,
  { user, name }: Member,
  { resume, seen = 0, id = 1 }: Partial<NonNullable<ClientConnected["greeting"]>> = {},
): ClientConnected => ({
  kind: "ClientConnected",
  at: 0 as Millis,
  client,
  session: session as SessionId,
  dialect: v1.name,
  address: "192.0.2.2",
  greeting: { id, name, user, seen, ...(resume === undefined ? {} : { resume }) },
  verified: user,
});

/** Plays acts against the core, so that ids, generations and tickets are what clients could have at that moment, right or wrong. */
export class Stage {
  state: State = initial;
  readonly events: Event[] = [];
  private now = 1_000_000;
  private sockets = 10;
  /** The sockets of each place, the latest last. */
  private readonly clients: Record<Place, ClientId[]> = { 0: [], 1: [], 2: [], 3: [] };

  constructor(settings: Settings) {
    this.happens({ kind: "ServerStarted", at: 0 as Millis, settings });
    for (const client of seedClients) this.seedConnects(client);
    for (const place of places) this.plays({ do: "connect", place });
  }

  after(elapsed: number, act: Act): void {
    this.now += elapsed;
    this.plays(act);
  }

  private happens(event: Event): void {
    const timed = { ...event, at: this.now as Millis };
    this.events.push(timed);
    [this.state] = reduce(this.state, timed);
  }

  private plays(act: Act): void {
    switch (act.do) {
      case "connect":
        return this.happens(this.connects(act.place));
      case "resume":
        return this.resumes(act);
      case "drop": {
        const client = this.clientOf(act.place, act.isFormer);
        return client && this.happens({ kind: "ClientDisconnected", at: 0 as Millis, client, code: 1006 });
      }
      case "ask":
        return this.asks(act);
      case "seed connects":
        return this.seedConnects(act.client);
      case "seed drops":
        return this.happens({ kind: "ClientDisconnected", at: 0 as Millis, client: act.client, code: 1005 });
      case "seed says":
        return this.happens(act.frame);
      case "tick": {
        const deadline = act.isAtDeadline ? nextDeadline(this.state) : O.none;
        if (O.isSome(deadline)) this.now = Math.max(this.now, deadline.value);
        return this.happens({ kind: "ClockTicked", at: 0 as Millis });
      }
    }
  }

  private seedConnects(client: ClientId): void {
    const isVerified = client === seedClients[1];
    this.happens({ ...connected(client, 0 as Millis), ...(isVerified ? { verified: "eve" as UserId } : {}) });
  }

  private connects(place: Place, greeting: Parameters<typeof greeted>[3] = {}): ClientConnected {
    this.sockets += 1;
    const client = this.sockets as ClientId;
    this.clients[place].push(client);
    return greeted(client, `s${client}`, people[place], greeting);
  }

  private resumes({ place, of, generation, seen }: Extract<Act, { do: "resume" }>): void {
    const { user } = people[of];
    const known = Table.values(this.state.shared.sessions).filter(
      ({ member }) => O.isSome(member) && member.value.user === user,
    );
    // Those that are away come first: most resumes are by who needs it.
    const session = known.find(({ awayUntil }) => O.isSome(awayUntil)) ?? known.at(-1);
    if (session === undefined) return;
    const { lastN = 0 } = Table.get(this.state.local.mailboxes, session.id) ?? {};
    const resume = { session: session.id, generation: session.generation + generation };
    this.happens(this.connects(place, { resume, seen: seenOf(seen, lastN) ?? 0 }));
  }

  private clientOf(place: Place, isFormer: boolean): ClientId | undefined {
    return this.clients[place].at(isFormer ? -2 : -1);
  }

  private asks({ place, isFormer, request, aim, id: which, seen }: Extract<Act, { do: "ask" }>): void {
    const client = this.clientOf(place, isFormer);
    if (client === undefined) return;
    const session = Table.get(this.state.local.clients, client)?.session;
    const { heard = 0, lastN = 0 } = (session && Table.get(this.state.local.mailboxes, session)) ?? {};
    const id = which === "fresh" ? Math.max(1, heard) + 1 : Math.max(1, heard);
    const known = seenOf(seen, lastN);
    const isNumbered = request.kind !== "AckReceived" && !(request.kind === "FrameRefused" && place === 3);
    this.happens({
      ...asked(this.state, request, place, aim),
      client,
      ...(isNumbered ? { id } : {}),
      ...(known === undefined ? {} : { seen: known }),
    } as FrameEvent);
  }
}

const seenOf = (seen: Seen, lastN: number): number | undefined =>
  seen === "none" ? undefined : seen === "last" ? lastN : seen === "future" ? lastN + 2 : Math.min(seen, lastN);

/** Who waits, for decisions at the door, and otherwise who is in the room. */
const aimed = ({ shared: { rooms, doors } }: State, request: Unsent, place: Place, aim: number): object => {
  if (!("roomId" in request)) return {};
  const isAtDoor = request.kind === "AdmitRequested" || request.kind === "DenyRequested";
  const there = isAtDoor ? Table.get(doors, request.roomId)?.knocks : Table.get(rooms, request.roomId)?.participants;
  const others = Table.keys(there ?? Table.empty<UserId, unknown>()).filter((user) => user !== people[place].user);
  const user = others[aim % others.length];
  if (user === undefined) return {};
  return "to" in request ? { to: user } : "userId" in request ? { userId: user } : {};
};

/** A request as it comes from a place, at somebody who is there if there is an `aim`; its numbers are missing. */
export const asked = (state: State, request: Unsent, place: Place, aim: number | undefined): FrameEvent =>
  ({
    ...withSelf({ ...request, ...(aim === undefined ? {} : aimed(state, request, place, aim)) }, people[place]),
    at: 0 as Millis,
  }) as FrameEvent;

/** Where a request is about its sender, it is as the decoder writes it. */
const withSelf = (request: Unsent, { user, name }: Member): object => {
  const host = { hostId: user, host: name };
  switch (request.kind) {
    case "CreateRequested":
      return { ...request, room: { ...request.room, ...host } };
    case "JoinRequested":
      return {
        ...request,
        userId: user,
        userName: name,
        ...(request.create === undefined
          ? {}
          : { create: { ...request.create, room: { ...request.create.room, ...host } } }),
      };
    case "LeaveRequested":
    case "WithdrawRequested":
      return { ...request, userId: user };
    default:
      return request;
  }
};

/** The clock mostly runs forward, now and then it jumps, in either direction. */
const anyElapsed = fc.oneof(weighted(8, fc.nat(150)), weighted(1, fc.integer({ min: -3_000, max: 3_000 })));

const seedAsks = (frame: object): Act => ({
  do: "seed says",
  frame: { at: 0 as Millis, client: seedClients[0], ...frame } as FrameEvent,
});
const seedJoins = (userId: string): Act =>
  seedAsks({ kind: "JoinRequested", roomId: roomAt(0), userId, userName: userId, text: userId });

const placeAsks = (place: Place, request: object): Act => {
  return { do: "ask", place, isFormer: false, request: request as Unsent, aim: undefined, id: "fresh", seen: "none" };
};

/** Mostly a room is open already, of either protocol, and others are in it or at its door. */
const anyOpening = fc.option(
  fc
    .record({
      policy: anyPolicy,
      creator: fc.constantFrom(
        "inside" as const,
        "inside" as const,
        "inside" as const,
        "outside" as const,
        "seed" as const,
      ),
      others: fc.subarray([1, 2, 3] as const, { minLength: 1 }),
      admitted: fc.subarray([1, 2, 3] as const),
      seedUsers: fc.subarray(["dan", "fay"]),
    })
    .map(({ policy, creator, others, admitted, seedUsers: guests }): ReadonlyArray<Act> => {
      const roomId = roomAt(0);
      const room = { id: roomId, name: "Daily" };
      const joins = (place: Place): Act => placeAsks(place, { kind: "JoinRequested", roomId, text: "" });
      const opens = {
        inside: placeAsks(0, { kind: "JoinRequested", roomId, text: "", create: { room, policy } }),
        outside: placeAsks(0, { kind: "CreateRequested", room, policy }),
        seed: seedAsks({ kind: "CreateRequested", room }),
      };
      return [
        opens[creator],
        ...others.map(joins),
        ...guests.map(seedJoins),
        ...admitted.flatMap((place) => [
          placeAsks(0, { kind: "AdmitRequested", roomId, userId: people[place].user }),
          joins(place),
        ]),
      ];
    }),
  { nil: [] as ReadonlyArray<Act>, freq: 5 },
);

/** A run in which clients of both protocols meet. */
export const anyMixedRun = (
  settings: fc.Arbitrary<Settings> = anyMixedSettings,
  act = anyAct,
  maxLength = 80,
): fc.Arbitrary<ReadonlyArray<Event>> =>
  fc
    .tuple(settings, anyOpening, fc.array(fc.tuple(anyElapsed, act), { maxLength, size: "max" }))
    .map(([chosen, opening, acts]) => {
      const stage = new Stage(chosen);
      for (const act of opening) stage.after(0, act);
      for (const [elapsed, act] of acts) stage.after(elapsed, act);
      return stage.events;
    });

const encode = encodeAmong([seed, v1]);
const dialects: ReadonlyMap<DialectName, typeof v1> = new Map([seed, v1].map((dialect) => [dialect.name, dialect]));

/** The text of each frame that an event causes, in order, with the client that receives it. */
export const framesOf = ({ effects, after }: Moment): ReadonlyArray<{ readonly to: ClientId; readonly text: string }> =>
  effects.flatMap((effect) =>
    effect.kind !== "Send"
      ? []
      : recipients(after, effect.to).flatMap((to) => {
          const dialect = dialects.get(Table.get(after.local.clients, to)?.dialect ?? seed.name) ?? seed;
          const text = encode(dialect, after, effect.message);
          return text === undefined ? [] : [{ to, text }];
        }),
  );

/** The frames of `signalbox.v1` among them. */
export const v1FramesOf = (moment: Moment): ReadonlyArray<{ readonly to: ClientId; readonly frame: ServerFrame }> =>
  framesOf(moment).flatMap(({ to, text }) =>
    Table.get(moment.after.local.clients, to)?.dialect === v1.name ? [{ to, frame: JSON.parse(text) }] : [],
  );
