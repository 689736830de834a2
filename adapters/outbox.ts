import { type Audience, type ClientId, encode, recipients, type ServerMessage, type State } from "../core/index.js";

type StateMessage = Extract<ServerMessage, { kind: "ClientCount" | "RoomList" }>;

const isState = (message: ServerMessage): message is StateMessage =>
  message.kind === "ClientCount" || message.kind === "RoomList";

/** Collects what goes to each client within a turn, so that it leaves in one write. */
export interface Outbox {
  readonly put: (to: Audience, message: ServerMessage, state: State) => void;
  readonly flush: (state: State) => void;
}

/**
 * A message becomes a frame once, however many receive it. A state message takes the place in line where it was first ordered and is
 * written when it leaves, so that all changes of a turn make one.
 *
 * @param frame the bytes of a text frame
 * @param write hands a client its frames of this turn, in order
 */
export const outbox = (
  frame: (text: string) => Buffer,
  write: (client: ClientId, frames: ReadonlyArray<Buffer>) => void,
): Outbox => {
  const lines = new Map<ClientId, Array<Buffer | StateMessage["kind"]>>();
  const latest = new Map<StateMessage["kind"], StateMessage>();

  return {
    put: (to, message, state) => {
      const item = isState(message) ? message.kind : frame(encode(state, message));
      if (isState(message)) latest.set(message.kind, message);
      for (const client of recipients(state, to)) {
        const line = lines.get(client);
        if (line === undefined) lines.set(client, [item]);
        else if (typeof item !== "string" || !line.includes(item)) line.push(item);
      }
    },
    flush: (state) => {
      const states = new Map([...latest].map(([kind, message]) => [kind, frame(encode(state, message))]));
      for (const [client, line] of lines)
        write(
          client,
          line.map((item) => (typeof item === "string" ? (states.get(item) as Buffer) : item)),
        );
      lines.clear();
      latest.clear();
    },
  };
};
