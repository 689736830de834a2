import {
  type Audience,
  type ClientId,
  type Dialect,
  type Group,
  groupFor,
  isMember,
  members,
  recipients,
  type ServerMessage,
  type State,
  type StateKind,
  stateKinds,
} from "../../core/index.js";
import { type Pace, unpaced } from "./pace.js";

export interface OutboxPorts {
  /** The text of a message for clients of a dialect. */
  readonly encode: (dialect: Dialect, state: State, message: ServerMessage) => string | undefined;
  /** The bytes of a text frame. */
  readonly frame: (text: string) => Buffer;
  /** The dialect of a client that is connected; undefined for one that is gone, which is sent nothing. */
  readonly dialectOf: (client: ClientId) => Dialect | undefined;
  /** Takes the bytes of so many frames, of which so many bytes are states. */
  readonly write: (client: ClientId, bytes: Buffer, frames: number, stateBytes: number) => void;
  /** Whether so many bytes beside states may wait for this client. One that leaves too much waiting is cut off, and gets nothing. */
  readonly fits: (client: ClientId, bytes: number) => boolean;
  /** Whether earlier bytes are still waiting for this client; when they have gone, `release` is called. */
  readonly isBehind: (client: ClientId) => boolean;
  /** How fast states may go out. */
  readonly pace?: Pace;
  /** Asks for a `sendLate` in so many ms. */
  readonly later?: (ms: number) => void;
}

/** Collects what goes to each client within a turn, so that it leaves in one write. */
export interface Outbox {
  readonly put: (to: Audience, message: ServerMessage, state: State) => void;
  readonly flush: (state: State) => void;
  /** States that had to wait for the pace are sent, as they are now, to whomever they are still for. */
  readonly sendLate: (state: State) => void;
  /** The client has caught up: it is sent the states that were kept back, as they are now. */
  readonly release: (client: ClientId, state: State) => void;
}

/** The bytes of a message for clients of a dialect, encoded the first time that one of them needs it. */
type Encoded = (dialect: Dialect) => Buffer;

interface Frame {
  /** Counts up: the order in which a client gets what comes to it in several streams. */
  readonly n: number;
  readonly bytes: Encoded;
  readonly except?: ClientId | undefined;
}

/** What goes to the same clients within a turn: a state, or the frames for one group. */
type Stream = StateKind | ReadonlyArray<Frame>;
type Streams = ReadonlyArray<Stream>;

const statesOf = (streams: Streams): ReadonlyArray<StateKind> => streams.filter((stream) => typeof stream === "string");

const framesOf = (streams: Streams): ReadonlyArray<Frame> =>
  streams.flatMap((stream) => (typeof stream === "string" ? [] : stream));

/** Between two looks at what waits for the pace, which may be for everybody. */
const lateMs = 250;

/** Of a message that a dialect has no words for. */
const nothing = Buffer.alloc(0);

const inOrder = (frames: ReadonlyArray<Frame>, dialect: Dialect): ReadonlyArray<Buffer> =>
  [...frames].sort((a, b) => a.n - b.n).map(({ bytes }) => bytes(dialect));

/** What leaves in one write. */
interface Chunk {
  readonly bytes: Buffer;
  readonly frames: number;
  readonly stateBytes: number;
}

const empty: Chunk = { bytes: nothing, frames: 0, stateBytes: 0 };

const lengthOf = (parts: ReadonlyArray<Buffer>): number => {
  let sum = 0;
  for (const { length } of parts) sum += length;
  return sum;
};

const joined = (states: ReadonlyArray<Buffer>, messages: ReadonlyArray<Buffer>): Chunk => {
  const parts = states.length === 0 ? messages : [...states, ...messages];
  const [first] = parts;
  const stateBytes = lengthOf(states);
  if (parts.length === 1 && first !== undefined) return { bytes: first, frames: first.length > 0 ? 1 : 0, stateBytes };
  let frames = 0;
  for (const { length } of parts) if (length > 0) frames += 1;
  return { bytes: Buffer.concat(parts), frames, stateBytes };
};

const push = <V>(into: Map<ClientId, V[]>, client: ClientId, value: V): void => {
  const values = into.get(client);
  if (values === undefined) into.set(client, [value]);
  else values.push(value);
};

/**
 * A message is encoded once for each dialect, however many receive it; a group is walked once a turn, however many messages are for
 * it; and a client gets its messages in their order. State messages lead the turn: each is written once, with the state at its end, to whomever
 * it was ordered for. From a client that is behind they are kept back until it has caught up, so that a slow reader gets the latest
 * state and not the backlog; and from all, where they would be more bytes than may go out.
 */
export const outbox = (ports: OutboxPorts): Outbox => {
  const { encode, frame, dialectOf, write, fits, isBehind, pace = unpaced, later = () => {} } = ports;
  const announced: Readonly<Record<StateKind, Map<ClientId, Audience>>> = {
    ClientCount: new Map(),
    RoomList: new Map(),
  };
  const groups = new Map<Group["among"], { readonly all: ReadonlyArray<ClientId>; readonly frames: Frame[] }>();
  /** For one client, or for some that were looked up one by one. */
  const own = new Map<ClientId, Frame[]>();
  const leftOut = new Set<ClientId>();
  /** As what they were ordered: who is no longer meant does not get them either. */
  const keptBack = new Map<ClientId, Map<StateKind, Audience>>();
  /** What waits for the pace. It is not looked at before its time: it may be for everybody. */
  const late: Readonly<Record<StateKind, Map<ClientId, Audience>>> = { ClientCount: new Map(), RoomList: new Map() };
  let encoded: { readonly state: State; readonly frames: Map<StateKind, Encoded> } | undefined;
  let n = 0;

  /** Encodes once for each dialect. Most messages are for clients of one, and need no map. */
  const encodedOnce = (state: State, message: ServerMessage): Encoded => {
    let first: { readonly dialect: Dialect; readonly bytes: Buffer } | undefined;
    let others: Map<Dialect, Buffer> | undefined;
    return (dialect) => {
      if (first?.dialect === dialect) return first.bytes;
      const known = others?.get(dialect);
      if (known !== undefined) return known;
      const text = encode(dialect, state, message);
      const bytes = text === undefined ? nothing : frame(text);
      if (first === undefined) first = { dialect, bytes };
      else others = (others ?? new Map()).set(dialect, bytes);
      return bytes;
    };
  };

  const stateFrames = (kinds: ReadonlyArray<StateKind>, state: State, dialect: Dialect): ReadonlyArray<Buffer> => {
    if (encoded?.state !== state) encoded = { state, frames: new Map() };
    const { frames } = encoded;
    return kinds.map((kind) => {
      const bytes = frames.get(kind) ?? encodedOnce(state, { kind, at: state.now });
      frames.set(kind, bytes);
      return bytes(dialect);
    });
  };

  const streamsOfAll = (): ReadonlyMap<ClientId, Streams> => {
    const all = new Map<ClientId, Stream[]>();
    for (const kind of stateKinds) for (const client of announced[kind].keys()) push(all, client, kind);
    for (const { all: clients, frames } of groups.values()) for (const client of clients) push(all, client, frames);
    for (const client of own.keys()) if (!all.has(client)) all.set(client, []);
    return all;
  };

  /** Most clients of a turn get the same streams, one after another, and are handed the same bytes. */
  const sharer = (state: State): ((streams: Streams, dialect: Dialect) => Chunk) => {
    let before: { readonly streams: Streams; readonly dialect: Dialect } | undefined;
    let chunk = empty;
    return (streams, dialect) => {
      const isSame =
        before?.dialect === dialect &&
        before.streams.length === streams.length &&
        streams.every((stream, i) => stream === before?.streams[i]);
      if (isSame) return chunk;
      before = { streams, dialect };
      chunk = joined(stateFrames(statesOf(streams), state, dialect), inOrder(framesOf(streams), dialect));
      return chunk;
    };
  };

  const keepBack = (client: ClientId, kinds: ReadonlyArray<StateKind>): void => {
    const kept = keptBack.get(client) ?? new Map<StateKind, Audience>();
    keptBack.set(client, kept);
    for (const kind of kinds) {
      const to = announced[kind].get(client);
      if (to !== undefined) kept.set(kind, to);
    }
  };

  const putOff = (kind: StateKind, client: ClientId, to: Audience): void => {
    if (late.ClientCount.size === 0 && late.RoomList.size === 0) later(Math.max(lateMs, pace.waitMs()));
    late[kind].set(client, to);
  };

  /** Puts off what has to wait, and answers with the rest. The count that greets a client does not wait: it is short. */
  const postpone = (client: ClientId, kinds: ReadonlyArray<StateKind>): ReadonlyArray<StateKind> =>
    kinds.filter((kind) => {
      const to = announced[kind].get(client);
      if (to === undefined || (kind === "ClientCount" && to.kind === "Client")) return true;
      putOff(kind, client, to);
      return false;
    });

  /** What a client gets that gets what nobody else gets. */
  const chunkApart = (client: ClientId, streams: Streams, dialect: Dialect, state: State): Chunk => {
    const mine = own.get(client) ?? [];
    if (streams.length === 0)
      return joinedFor(
        client,
        [],
        mine.map(({ bytes }) => bytes(dialect)),
      );
    const ordered = statesOf(streams);
    const isKeptBack = ordered.length > 0 && isBehind(client);
    if (isKeptBack) keepBack(client, ordered);
    const kinds = isKeptBack || pace.waitMs() === 0 ? ordered : postpone(client, ordered);
    const frames = framesOf(streams).filter(({ except }) => except !== client);
    const states = isKeptBack ? [] : stateFrames(kinds, state, dialect);
    return joinedFor(client, states, inOrder([...frames, ...mine], dialect));
  };

  /** Looked at before a copy is made: for many clients that do not read, the copies would be the damage. */
  const joinedFor = (client: ClientId, states: ReadonlyArray<Buffer>, messages: ReadonlyArray<Buffer>): Chunk =>
    messages.length < 2 || fits(client, lengthOf(messages)) ? joined(states, messages) : empty;

  const hand = (client: ClientId, { bytes, frames, stateBytes }: Chunk): void => {
    if (frames > 0) write(client, bytes, frames, stateBytes);
    if (stateBytes > 0) pace.spend(stateBytes);
  };

  const isApart = (client: ClientId, streams: Streams): boolean =>
    own.has(client) ||
    leftOut.has(client) ||
    (typeof streams[0] === "string" && (pace.waitMs() > 0 || isBehind(client)));

  const flush = (state: State): void => {
    const shared = sharer(state);
    for (const [client, streams] of streamsOfAll()) {
      const dialect = dialectOf(client);
      if (dialect === undefined) continue;
      hand(client, isApart(client, streams) ? chunkApart(client, streams, dialect, state) : shared(streams, dialect));
    }
    for (const kind of stateKinds) announced[kind].clear();
    groups.clear();
    own.clear();
    leftOut.clear();
  };

  return {
    put: (to, message, state) => {
      if (message.kind === "ClientCount" || message.kind === "RoomList") {
        for (const client of recipients(state, to)) {
          announced[message.kind].set(client, to);
          late[message.kind].delete(client);
        }
        return;
      }
      n += 1;
      const bytes = encodedOnce(state, message);
      const whole = groupFor(state, to);
      if (whole === undefined) {
        for (const client of recipients(state, to)) push(own, client, { n, bytes });
        return;
      }
      const { among, except } = whole;
      const known = groups.get(among) ?? { all: members(whole), frames: [] };
      groups.set(among, known);
      known.frames.push({ n, bytes, except });
      if (except !== undefined) leftOut.add(except);
    },

    flush,

    sendLate: (state) => {
      for (const kind of stateKinds) {
        for (const [client, to] of late[kind]) if (isStillFor(client, to, state)) announced[kind].set(client, to);
        late[kind].clear();
      }
      flush(state);
    },

    release: (client, state) => {
      const kept = [...(keptBack.get(client) ?? [])];
      const dialect = dialectOf(client);
      keptBack.delete(client);
      if (dialect === undefined) return;
      if (pace.waitMs() > 0) {
        for (const [kind, to] of kept) putOff(kind, client, to);
        return;
      }
      const kinds = kept.flatMap(([kind, to]) => (isStillFor(client, to, state) ? [kind] : []));
      hand(client, joined(stateFrames(kinds, state, dialect), []));
    },
  };
};

const isStillFor = (client: ClientId, to: Audience, state: State): boolean => {
  const whole = groupFor(state, to);
  return whole === undefined ? recipients(state, to).includes(client) : isMember(whole, client);
};
