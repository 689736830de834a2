import {
  type Audience,
  type ClientId,
  type Crowd,
  crowd,
  encode,
  members,
  recipients,
  type ServerMessage,
  type State,
} from "../core/index.js";

type StateMessage = Extract<ServerMessage, { kind: "ClientCount" | "RoomList" }>;
type StateKind = StateMessage["kind"];

const isState = (message: ServerMessage): message is StateMessage =>
  message.kind === "ClientCount" || message.kind === "RoomList";

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
  /** Counts up within a turn: the order in which a client gets what comes to it in several streams. */
  readonly n: number;
  readonly bytes: Buffer;
  readonly except?: ClientId | undefined;
}

/** What goes to the same clients within a turn: a state, or the frames for one crowd. */
type Stream = StateKind | ReadonlyArray<Frame>;

/** Some streams, and the mixes with one more. Most clients of a turn get the same mix, and are handed the same bytes. */
interface Mix {
  readonly streams: ReadonlyArray<Stream>;
  readonly more: Map<Stream, Mix>;
  bytes?: Buffer;
}

const mixed = (mix: Mix, stream: Stream): Mix => {
  const longer = mix.more.get(stream) ?? { streams: [...mix.streams, stream], more: new Map() };
  mix.more.set(stream, longer);
  return longer;
};

const statesOf = ({ streams }: Mix): ReadonlyArray<StateKind> => streams.filter((stream) => typeof stream === "string");

const framesOf = ({ streams }: Mix): ReadonlyArray<Frame> =>
  streams.flatMap((stream) => (typeof stream === "string" ? [] : stream));

const inOrder = (frames: ReadonlyArray<Frame>): ReadonlyArray<Buffer> =>
  [...frames].sort((a, b) => a.n - b.n).map(({ bytes }) => bytes);

const push = (into: Map<ClientId, Frame[]>, client: ClientId, frame: Frame): void => {
  const frames = into.get(client);
  if (frames === undefined) into.set(client, [frame]);
  else frames.push(frame);
};

const joined = (frames: ReadonlyArray<Buffer>): Buffer => {
  const [first] = frames;
  return frames.length === 1 && first !== undefined ? first : Buffer.concat(frames);
};

/**
 * Messages become frames once, however many receive them; a crowd is walked once a turn, however many messages are for it; and a
 * client gets its messages in their order. State messages lead the turn: each is written once, with the state at its end, to whomever
 * it was ordered for. From a client that is behind they are kept back until it has caught up, so that a slow reader gets the latest
 * state and not the backlog.
 */
export const outbox = ({ frame, write, isBehind }: OutboxPorts): Outbox => {
  const announced = new Map<string, readonly [Audience, StateKind]>();
  const crowds = new Map<Crowd["among"], { readonly members: ReadonlyArray<ClientId>; readonly frames: Frame[] }>();
  /** For one client, or for some that were looked up one by one. */
  const own = new Map<ClientId, Frame[]>();
  const leftOut = new Set<ClientId>();
  const keptBack = new Map<ClientId, Set<StateKind>>();
  const latest = new Map<StateKind, StateMessage>();
  let encoded: { readonly state: State; readonly frames: Map<StateKind, Buffer> } | undefined;
  let n = 0;

  const stateFrames = (kinds: Iterable<StateKind>, state: State): ReadonlyArray<Buffer> => {
    if (encoded?.state !== state) encoded = { state, frames: new Map() };
    const { frames } = encoded;
    return [...kinds].flatMap((kind) => {
      const message = latest.get(kind);
      if (message === undefined) return [];
      const bytes = frames.get(kind) ?? frame(encode(state, message));
      frames.set(kind, bytes);
      return [bytes];
    });
  };

  const mixes = (state: State): ReadonlyMap<ClientId, Mix> => {
    const root: Mix = { streams: [], more: new Map() };
    const found = new Map<ClientId, Mix>();
    const add = (client: ClientId, stream: Stream): unknown =>
      found.set(client, mixed(found.get(client) ?? root, stream));
    for (const kind of ["ClientCount", "RoomList"] as const) {
      const audiences = [...announced.values()].filter(([, announcedKind]) => announcedKind === kind);
      for (const client of new Set(audiences.flatMap(([to]) => recipients(state, to)))) add(client, kind);
    }
    for (const { members, frames } of crowds.values()) for (const client of members) add(client, frames);
    for (const client of own.keys()) if (!found.has(client)) found.set(client, root);
    return found;
  };

  const bytesOf = (mix: Mix, state: State): Buffer => {
    mix.bytes ??= joined([...stateFrames(statesOf(mix), state), ...inOrder(framesOf(mix))]);
    return mix.bytes;
  };

  /** Whether the client gets what nobody else gets. */
  const isApart = (client: ClientId, mix: Mix): boolean =>
    own.has(client) || leftOut.has(client) || (statesOf(mix).length > 0 && isBehind(client));

  const bytesApart = (client: ClientId, mix: Mix, state: State): Buffer => {
    const mine = own.get(client) ?? [];
    if (mix.streams.length === 0) return joined(mine.map(({ bytes }) => bytes));
    const states = statesOf(mix);
    const isKeptBack = states.length > 0 && isBehind(client);
    if (isKeptBack) keptBack.set(client, new Set([...(keptBack.get(client) ?? []), ...states]));
    const shared = framesOf(mix).filter(({ except }) => except !== client);
    return joined([...(isKeptBack ? [] : stateFrames(states, state)), ...inOrder([...shared, ...mine])]);
  };

  return {
    put: (to, message, state) => {
      if (isState(message)) {
        latest.set(message.kind, message);
        announced.set(`${message.kind} ${JSON.stringify(to)}`, [to, message.kind]);
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
      const known = crowds.get(among) ?? { members: members(whole), frames: [] };
      crowds.set(among, known);
      known.frames.push({ n, bytes, except });
      if (except !== undefined) leftOut.add(except);
    },

    flush: (state) => {
      encoded = undefined;
      for (const [client, mix] of mixes(state)) {
        const bytes = isApart(client, mix) ? bytesApart(client, mix, state) : bytesOf(mix, state);
        if (bytes.length > 0) write(client, bytes);
      }
      announced.clear();
      crowds.clear();
      own.clear();
      leftOut.clear();
      n = 0;
    },

    release: (client, state) => {
      const kinds = keptBack.get(client);
      keptBack.delete(client);
      if (kinds !== undefined) write(client, joined(stateFrames(kinds, state)));
    },
  };
};
