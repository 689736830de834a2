import {
  type ClientId,
  type Dialect,
  directoryChannel,
  type Effect,
  recipients,
  type ServerMessage,
  type State,
  stateKinds,
} from "../../core/index.js";

export interface WirePorts {
  readonly encode: (dialect: Dialect, state: State, message: ServerMessage) => string | undefined;
  readonly dialectOf: (client: ClientId) => Dialect | undefined;
  readonly fail: (sentence: string) => void;
}

export interface Written {
  readonly client: ClientId;
  readonly bytes: Buffer;
  readonly frames: number;
  readonly stateBytes: number;
}

/** What the core orders is what is written: each message once, in order, to whom it was for when it was ordered; states as they are. */
export interface Wire {
  readonly expect: (effects: ReadonlyArray<Effect>, state: State) => void;
  readonly written: (written: Written, state: State) => void;
  /** The turn has been written: nothing may be left. */
  readonly flushed: (isOpen: (client: ClientId) => boolean) => void;
  readonly ended: (client: ClientId) => void;
}

/** The texts of whole unmasked frames (RFC 6455, 5.2). */
const textsIn = (bytes: Buffer): ReadonlyArray<string> => {
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const short = bytes[at + 1] as number;
    const headed = short < 126 ? 2 : short === 126 ? 4 : 10;
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    texts.push(bytes.toString("utf8", at + headed, at + headed + length));
    at += headed + length;
  }
  return texts;
};

const list = '{"type":"server-room-list"';
const listeners = { kind: "Subscribers", channel: directoryChannel } as const;

const isState = ({ kind }: ServerMessage): boolean => kind === "ClientCount" || kind === "RoomList";

export const wire = ({ encode, dialectOf, fail }: WirePorts): Wire => {
  const due = new Map<ClientId, string[]>();
  /** Whoever was ordered a state for itself alone. */
  const asked = new Set<ClientId>();
  /** Whoever was ordered one in this turn. */
  const meant = new Set<ClientId>();
  return {
    expect: (effects, state) => {
      for (const effect of effects) {
        if (effect.kind !== "Send") continue;
        if (isState(effect.message)) {
          const among = effect.to.kind === "Client" ? asked : meant;
          for (const client of recipients(state, effect.to)) among.add(client);
          continue;
        }
        for (const client of recipients(state, effect.to)) {
          const dialect = dialectOf(client);
          const text = dialect && encode(dialect, state, effect.message);
          if (text === undefined) continue;
          const texts = due.get(client) ?? [];
          due.set(client, texts);
          texts.push(text);
        }
      }
    },
    written: ({ client, bytes, frames, stateBytes }, state) => {
      const dialect = dialectOf(client);
      if (dialect === undefined) return;
      const states = textsIn(bytes.subarray(0, stateBytes));
      const messages = textsIn(bytes.subarray(stateBytes));
      if (states.length + messages.length !== frames)
        fail(`client ${client} was written ${states.length + messages.length} frames, said to be ${frames}`);
      const isListener = asked.has(client) || meant.has(client) || recipients(state, listeners).includes(client);
      const current = stateKinds.map((kind) => encode(dialect, state, { kind, at: state.now }));
      for (const text of states) {
        if (!isListener && text.startsWith(list)) fail(`client ${client} was written a list, and takes none`);
        if (!current.includes(text)) fail(`client ${client} was written a state that is not the current one: ${text}`);
      }
      const expected = due.get(client)?.splice(0, messages.length) ?? [];
      for (const [i, text] of messages.entries())
        if (expected[i] !== text)
          fail(`client ${client} was written ${text} where ${expected[i] ?? "nothing"} was ordered`);
    },
    flushed: (isOpen) => {
      meant.clear();
      for (const [client, texts] of due) {
        if (texts.length > 0 && isOpen(client)) fail(`client ${client} was not written ${texts[0]}`);
        due.delete(client);
      }
    },
    ended: (client) => void due.delete(client),
  };
};
