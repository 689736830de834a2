import {
  type Audience,
  type ClientId,
  type Crowd,
  crowd,
  encode,
  isMember,
  members,
  recipients,
  type ServerMessage,
  type State,
  type StateKind,
  stateKinds,
} from "../../core/index.js";

export interface OutboxPorts {
  /** The bytes of a text frame. */
  readonly frame: (text: string) => Buffer;
  readonly write: (client: ClientId, bytes: Buffer) => void;
  /** Whether earlier bytes are still waiting for this client; when they have gone, `release` is called. */
  readonly isBehind: (client: ClientId) => boolean;
}

/** Collects what goes to each client within a turn, so that it leaves in one write. */
export interface Outbox {
  readonly put: (to: Audience, message: ServerMessage, state: State) => void;
  readonly flush: (state: State) => void;
  /** The client has caught up: it is sent the states that were kept back, as they are now. */
  readonly release: (client: ClientId, state: State) => void;
}

interface Frame {
  /** Counts up: the order in which a client gets what comes to it in several streams. */
  readonly n: number;
  readonly bytes: Buffer;
  readonly except?: ClientId | undefined;
}

/** What goes to the same clients within a turn: a state, or the frames for one crowd. */
type Stream = StateKind | ReadonlyArray<Frame>;
type Streams = ReadonlyArray<Stream>;

const statesOf = (streams: Streams): ReadonlyArray<StateKind> => streams.filter((stream) => typeof stream === "string");

const framesOf = (streams: Streams): ReadonlyArray<Frame> =>
  streams.flatMap((stream) => (typeof stream === "string" ? [] : stream));

const inOrder = (frames: ReadonlyArray<Frame>): ReadonlyArray<Buffer> =>
  [...frames].sort((a, b) => a.n - b.n).map(({ bytes }) => bytes);

const joined = (frames: ReadonlyArray<Buffer>): Buffer => {
  const [first] = frames;
  return frames.length === 1 && first !== undefined ? first : Buffer.concat(frames);
};

const push = <V>(into: Map<ClientId, V[]>, client: ClientId, value: V): void => {
  const values = into.get(client);
  if (values === undefined) into.set(client, [value]);
  else values.push(value);
};

/**
 * Messages become frames once, however many receive them; a crowd is walked once a turn, however many messages are for it; and a
 * client gets its messages in their order. State messages lead the turn: each is written once, with the state at its end, to whomever
 * it was ordered for. From a client that is behind they are kept back until it has caught up, so that a slow reader gets the latest
 * state and not the backlog.
 */
export const outbox = ({ frame, write, isBehind }: OutboxPorts): Outbox => {
  const announced: Readonly<Record<StateKind, Map<ClientId, Audience>>> = {
    ClientCount: new Map(),
    RoomList: new Map(),
  };
  const crowds = new Map<Crowd["among"], { readonly all: ReadonlyArray<ClientId>; readonly frames: Frame[] }>();
  /** For one client, or for some that were looked up one by one. */
  const own = new Map<ClientId, Frame[]>();
  const leftOut = new Set<ClientId>();
  /** As what they were ordered: who is no longer meant does not get them either. */
  const keptBack = new Map<ClientId, Map<StateKind, Audience>>();
  let encoded: { readonly state: State; readonly frames: Map<StateKind, Buffer> } | undefined;
  let n = 0;

  const stateFrames = (kinds: ReadonlyArray<StateKind>, state: State): ReadonlyArray<Buffer> => {
    if (encoded?.state !== state) encoded = { state, frames: new Map() };
    const { frames } = encoded;
    return kinds.map((kind) => {
      const bytes = frames.get(kind) ?? frame(encode(state, { kind, at: state.now }));
      frames.set(kind, bytes);
      return bytes;
    });
  };

  const streamsOfAll = (): ReadonlyMap<ClientId, Streams> => {
    const all = new Map<ClientId, Stream[]>();
    for (const kind of stateKinds) for (const client of announced[kind].keys()) push(all, client, kind);
    for (const { all: clients, frames } of crowds.values()) for (const client of clients) push(all, client, frames);
    for (const client of own.keys()) if (!all.has(client)) all.set(client, []);
    return all;
  };

  /** Most clients of a turn get the same streams, one after another, and are handed the same bytes. */
  const sharer = (state: State): ((streams: Streams) => Buffer) => {
    let before: Streams | undefined;
    let bytes: Buffer = Buffer.alloc(0);
    return (streams) => {
      if (streams.length === before?.length && streams.every((stream, i) => stream === before?.[i])) return bytes;
      before = streams;
      bytes = joined([...stateFrames(statesOf(streams), state), ...inOrder(framesOf(streams))]);
      return bytes;
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

  /** What a client gets that gets what nobody else gets. */
  const bytesApart = (client: ClientId, streams: Streams, state: State): Buffer => {
    const mine = own.get(client) ?? [];
    if (streams.length === 0) return joined(mine.map(({ bytes }) => bytes));
    const kinds = statesOf(streams);
    const isKeptBack = kinds.length > 0 && isBehind(client);
    if (isKeptBack) keepBack(client, kinds);
    const frames = framesOf(streams).filter(({ except }) => except !== client);
    return joined([...(isKeptBack ? [] : stateFrames(kinds, state)), ...inOrder([...frames, ...mine])]);
  };

  const isApart = (client: ClientId, streams: Streams): boolean =>
    own.has(client) || leftOut.has(client) || (typeof streams[0] === "string" && isBehind(client));

  return {
    put: (to, message, state) => {
      if (message.kind === "ClientCount" || message.kind === "RoomList") {
        for (const client of recipients(state, to)) announced[message.kind].set(client, to);
        return;
      }
      n += 1;
      const bytes = frame(encode(state, message));
      const whole = crowd(state, to);
      if (whole === undefined) {
        for (const client of recipients(state, to)) push(own, client, { n, bytes });
        return;
      }
      const { among, except } = whole;
      const known = crowds.get(among) ?? { all: members(whole), frames: [] };
      crowds.set(among, known);
      known.frames.push({ n, bytes, except });
      if (except !== undefined) leftOut.add(except);
    },

    flush: (state) => {
      const shared = sharer(state);
      for (const [client, streams] of streamsOfAll()) {
        const bytes = isApart(client, streams) ? bytesApart(client, streams, state) : shared(streams);
        if (bytes.length > 0) write(client, bytes);
      }
      for (const kind of stateKinds) announced[kind].clear();
      crowds.clear();
      own.clear();
      leftOut.clear();
    },

    release: (client, state) => {
      const kept = [...(keptBack.get(client) ?? [])];
      keptBack.delete(client);
      const kinds = kept.flatMap(([kind, to]) => (isStillFor(client, to, state) ? [kind] : []));
      if (kinds.length > 0) write(client, joined(stateFrames(kinds, state)));
    },
  };
};

const isStillFor = (client: ClientId, to: Audience, state: State): boolean => {
  const whole = crowd(state, to);
  return whole === undefined ? recipients(state, to).includes(client) : isMember(whole, client);
};
