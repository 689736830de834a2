import { type Audience, type ClientId, encode, recipients, type ServerMessage, type State } from "../core/index.js";

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

interface Line {
  readonly states: Set<StateKind>;
  readonly frames: Buffer[];
}

/**
 * Messages become frames once, however many receive them, and keep their order. State messages lead the turn: each is written
 * once, with the state at its end, to whomever it was ordered for. From a client that is behind they are kept back until it has
 * caught up, so that a slow reader gets the latest state and not the backlog.
 */
export const outbox = ({ frame, write, isBehind }: OutboxPorts): Outbox => {
  const lines = new Map<ClientId, Line>();
  const announced = new Map<string, readonly [Audience, StateKind]>();
  const keptBack = new Map<ClientId, Set<StateKind>>();
  const latest = new Map<StateKind, StateMessage>();
  let encoded: { readonly state: State; readonly frames: Map<StateKind, Buffer> } | undefined;

  const lineOf = (client: ClientId): Line => {
    const line = lines.get(client) ?? { states: new Set(), frames: [] };
    lines.set(client, line);
    return line;
  };

  const stateFrames = (kinds: ReadonlySet<StateKind>, state: State): ReadonlyArray<Buffer> => {
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

  return {
    put: (to, message, state) => {
      if (isState(message)) {
        latest.set(message.kind, message);
        announced.set(`${message.kind} ${JSON.stringify(to)}`, [to, message.kind]);
        return;
      }
      const bytes = frame(encode(state, message));
      for (const client of recipients(state, to)) lineOf(client).frames.push(bytes);
    },

    flush: (state) => {
      encoded = undefined;
      for (const [to, kind] of announced.values())
        for (const client of recipients(state, to)) lineOf(client).states.add(kind);
      const join = joiner();
      for (const [client, { states, frames }] of lines) {
        if (states.size > 0 && isBehind(client))
          keptBack.set(client, new Set([...(keptBack.get(client) ?? []), ...states]));
        else frames.unshift(...stateFrames(states, state));
        if (frames.length > 0) write(client, join(frames));
      }
      lines.clear();
      announced.clear();
    },

    release: (client, state) => {
      const kinds = keptBack.get(client);
      keptBack.delete(client);
      if (kinds !== undefined) write(client, Buffer.concat([...stateFrames(kinds, state)]));
    },
  };
};

/** Joins frames, and hands out the same bytes again as long as the same frames follow: most clients of a turn get the same. */
const joiner = (): ((frames: ReadonlyArray<Buffer>) => Buffer) => {
  let before: ReadonlyArray<Buffer> = [];
  let joined = Buffer.alloc(0);
  return (frames) => {
    const [first] = frames;
    if (frames.length === 1 && first !== undefined) return first;
    const isSame = frames.length === before.length && frames.every((bytes, i) => bytes === before[i]);
    if (isSame) return joined;
    before = frames;
    joined = Buffer.concat([...frames]);
    return joined;
  };
};
