import { createHash } from "node:crypto";
import { outbox } from "../../adapters/sockets/outbox.js";
import {
  type ClientId,
  defaultSettings,
  type Event,
  encodeAmong,
  initial,
  type Millis,
  recipients,
  reduce,
  type Settings,
  seed,
} from "../../core/index.js";
import { connected, eventIn } from "../support/world.js";

/** What happens at the sockets of a server. Frames are text, so that decoding is part of what is held. */
export type Action =
  | { readonly kind: "connect"; readonly client: number }
  | { readonly kind: "disconnect"; readonly client: number; readonly code: number }
  | { readonly kind: "text"; readonly client: number; readonly text: string }
  | { readonly kind: "binary"; readonly client: number }
  | { readonly kind: "tick" }
  /** From now on the socket has bytes waiting, or has taken them all. */
  | { readonly kind: "behind" | "caught up"; readonly client: number };

export interface Turn {
  readonly at: number;
  readonly actions: ReadonlyArray<Action>;
}

/** The sentence of an error is for people and may be worded anew; its other members are the contract. */
const withoutSentence = (frame: string): string =>
  frame.startsWith('{"type":"error"') ? frame.replace(/"message":"(?:[^"\\]|\\.)*"/, '"message":"…"') : frame;

/** The core with its outbox, turn by turn. `hash` is of the frames that each client was sent, in order. */
export const listener = () => {
  const sent = new Map<ClientId, string[]>();
  const behind = new Set<ClientId>();
  const note = (client: ClientId, text: string): void => {
    const texts = sent.get(client) ?? [];
    sent.set(client, texts);
    texts.push(text);
  };
  const separator = "\u0000";
  const out = outbox({
    encode: encodeAmong([seed]),
    dialectOf: () => seed,
    frame: (text) => Buffer.from(`${withoutSentence(text)}${separator}`),
    write: (client, bytes) => note(client, bytes.toString()),
    fits: () => true,
    isBehind: (client) => behind.has(client),
  });
  let state = initial;
  return {
    happen: (event: Event): void => {
      const [next, effects] = reduce(state, event);
      state = next;
      for (const effect of effects) {
        if (effect.kind === "Send") out.put(effect.to, effect.message, next);
        if (effect.kind === "Close")
          for (const client of recipients(next, effect.to)) note(client, `close ${effect.code} ${effect.reason}`);
      }
    },
    endTurn: (): void => out.flush(state),
    fallBehind: (client: ClientId): void => void behind.add(client),
    catchUp: (client: ClientId): void => {
      behind.delete(client);
      out.release(client, state);
    },
    hash: (): string => {
      const all = [...sent].sort(([a], [b]) => a - b).map(([client, texts]) => [client, texts.join("")]);
      return createHash("sha256").update(JSON.stringify(all)).digest("hex");
    },
    frames: (): number =>
      [...sent.values()].reduce((sum, texts) => sum + texts.join("").split(separator).length - 1, 0),
  };
};

/** The hash of the frames of a run of turns. */
export const framesOf = (settings: Settings, turns: ReadonlyArray<Turn>): { hash: string; frames: number } => {
  const heard = listener();
  const wire = seed.decoder(settings.limits);
  heard.happen({ kind: "ServerStarted", at: (turns[0]?.at ?? 0) as Millis, settings });
  for (const { at: time, actions } of turns) {
    const at = time as Millis;
    for (const action of actions) {
      if (action.kind === "tick") {
        heard.happen({ kind: "ClockTicked", at });
        continue;
      }
      const client = action.client as ClientId;
      switch (action.kind) {
        case "connect":
          heard.happen(connected(client, at));
          break;
        case "disconnect":
          heard.happen({ kind: "ClientDisconnected", at, client, code: action.code });
          heard.catchUp(client);
          break;
        case "text":
          heard.happen(eventIn(wire, { at, client }, action.text));
          break;
        case "binary":
          heard.happen(wire.binary({ at, client }));
          break;
        case "behind":
          heard.fallBehind(client);
          break;
        case "caught up":
          heard.catchUp(client);
          break;
      }
    }
    heard.endTurn();
  }
  return { hash: heard.hash(), frames: heard.frames() };
};

/** Numbers from 0 to 1 that depend on the seed alone (mulberry32): no library's next version changes the runs. */
const chance = (seed: number): (() => number) => {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
};

/** Written again on purpose: what other tests find tight may change, and these runs may not. */
const unlimited = { ...defaultSettings.limits, messagesPerSecond: 0, messageBurst: 200, refusedBurst: 0 };
const tightLimits = {
  ...unlimited,
  clientChannelsMax: 2,
  clientRoomsMax: 2,
  clientSeatsMax: 3,
  clientUsersMax: 2,
  roomParticipantsMax: 2,
  roomsMax: 2,
};

/** A run that the seed decides: five sockets, four people, three rooms, and frames of every kind, well-formed and not. */
export const generatedRun = (seed: number): { settings: Settings; turns: ReadonlyArray<Turn> } => {
  const next = chance(seed);
  const below = (n: number): number => Math.floor(next() * n);
  const one = <A>(...of: ReadonlyArray<A>): A => of[below(of.length)] as A;
  const often = (share: number): boolean => next() < share;

  const settings: Settings = {
    delivery: one("targeted", "targeted", "broadcast"),
    roomEvents: one("consume", "relay"),
    roomListIntervalMs: one(700, 5_000),
    stateSpacingMs: one(0, 100, 20_000),
    unjoinedRoomMs: one(300, 2_000),
    sessionGraceMs: 0,
    hostReclaimMs: 0,
    knockMs: 0,
    tokenGraceMs: 0,
    limits: one(unlimited, tightLimits, { ...tightLimits, messagesPerSecond: 2, messageBurst: 3 }),
  };

  const client = (): number => 1 + below(5);
  const user = (): string => one("ann", "bob", "cy", "__proto__");
  const room = (): string => one("r1", "r2", "constructor");
  const name = (): string => one("Ann", "Bob", "Team Meeting");
  const roomsChannel = "webrtc-dashboard-rooms";
  const channel = (): string => one(roomsChannel, "webrtc-signaling", "webrtc-dashboard-chat");
  const maybe = (members: object): object => (often(0.5) ? members : {});
  const body = (members: object): object => (often(0.7) ? { data: members } : members);
  const onRooms = (): object =>
    one<object>({ channel: roomsChannel }, { channel: roomsChannel }, {}, { channel: channel() });

  const message = (): unknown => {
    switch (below(20)) {
      case 0:
      case 1:
      case 2:
        return { type: "subscribe", channel: channel() };
      case 3:
        return { type: "unsubscribe", channel: channel() };
      case 4:
        return { type: "ping" };
      case 5:
      case 6:
      case 7:
        return {
          type: "room-created",
          ...onRooms(),
          ...body({
            id: room(),
            name: name(),
            ...maybe({ host: name() }),
            ...maybe({ hostId: user() }),
            ...maybe({ description: one("", "daily", null) }),
          }),
          ...maybe({ sender: "page", timestamp: 1 }),
        };
      case 8:
      case 9:
      case 10:
      case 11:
        return {
          type: "user-joined-room",
          ...onRooms(),
          ...body({ roomId: room(), userId: user(), userName: name() }),
        };
      case 12:
      case 13:
        return { type: "user-left-room", ...onRooms(), ...body({ roomId: room(), userId: user() }) };
      case 14:
        return { type: "room-list-request", ...onRooms() };
      case 15:
      case 16:
      case 17:
        return {
          type: one("webrtc-offer", "webrtc-ice", "join-request"),
          ...(often(0.9) ? { channel: channel() } : {}),
          ...body({ ...maybe({ fromUserId: user() }), ...maybe({ toUserId: user() }), n: below(1_000_000) }),
        };
      default:
        return one<unknown>(
          [],
          7,
          { type: 1 },
          { type: "subscribe" },
          { type: "room-created", data: { id: "", name: "x" } },
          { type: "user-joined-room", data: { roomId: "r1" } },
          { type: "x", channel: "a\u0001" },
          { type: "x", data: null },
        );
    }
  };
  const text = (): string =>
    often(0.97) ? JSON.stringify(message()) : one("hello", "{", `${"[".repeat(40)}${"]".repeat(40)}`);

  const action = (): Action => {
    const n = below(40);
    if (n < 5) return { kind: "connect", client: client() };
    if (n < 7) return { kind: "disconnect", client: client(), code: one(1000, 1005, 1006) };
    if (n < 9) return { kind: "tick" };
    if (n < 10) return { kind: "binary", client: client() };
    if (n < 11) return { kind: "behind", client: client() };
    if (n < 12) return { kind: "caught up", client: client() };
    return { kind: "text", client: client(), text: text() };
  };

  let at = 1_795_000_000_000;
  const turns: Turn[] = [{ at, actions: [1, 2, 3].map((id) => ({ kind: "connect", client: id })) }];
  for (let i = 0; i < 60; i++) {
    at += often(0.1) ? below(6_000) - 3_000 : below(400);
    turns.push({ at, actions: Array.from({ length: 1 + below(4) }, action) });
  }
  return { settings, turns };
};
