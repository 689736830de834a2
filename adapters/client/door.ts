import type { RoomCreation as WireCreation } from "../../core/dialect/v1/wire.js";
import { SignalboxError } from "./error.js";
import type { Event, Plain, RoomState, Welcome } from "./frames.js";
import type { Transport } from "./transport.js";

export type RoomCreation = Plain<WireCreation>;

/** Somebody of this session waits at the door of a room. */
export interface Waiting {
  readonly room: string;
  readonly name: string;
  /** To somebody who may let them in; what these say comes as the session's `message`. */
  readonly say: (data: unknown, to: string) => Promise<void>;
  /** Goes away: the join is rejected with `withdrawn`. */
  readonly withdraw: () => Promise<void>;
}

const refusals = {
  denied: ["denied", "Somebody has denied the knock."],
  banned: ["banned", "Somebody has banned this user from the room."],
  expired: ["knock-expired", "Nobody has answered the knock in time."],
  closed: ["room-closed", "The room was closed."],
} as const;

interface Entering {
  readonly ask: () => void;
  readonly reject: (error: unknown) => void;
  isAtDoor: boolean;
}

/** Joining a room, and waiting until that is possible. */
export const door = (ask: Transport["ask"]) => {
  const entering = new Map<string, Entering & { readonly joined: Promise<RoomState> }>();

  const enter = (
    room: string,
    create: RoomCreation | false,
    onWaiting: (waiting: Waiting) => void,
  ): Promise<RoomState> => {
    const current = entering.get(room);
    if (current) return current.joined;
    let entry: Entering | undefined;
    const joined = new Promise<RoomState>((resolve, reject) => {
      const join = async (): Promise<void> => {
        try {
          const result = await ask({ type: "join", room, ...(create ? { create } : {}) });
          if (result.room) return resolve(result.room);
          if (entry && !entry.isAtDoor) onWaiting({ room, name: result.waiting?.name ?? room, say, withdraw });
          if (entry) entry.isAtDoor = true;
        } catch (error) {
          reject(error);
        }
      };
      const say = async (data: unknown, to: string): Promise<void> =>
        void (await ask({ type: "message", room, to, data }));
      const withdraw = async (): Promise<void> => {
        await ask({ type: "withdraw", room });
        reject(new SignalboxError("withdrawn", `Nobody waits at the door of ${room} any more.`));
      };
      entry = { ask: () => void join(), reject, isAtDoor: false };
    });
    if (!entry) return joined;
    entering.set(room, Object.assign(entry, { joined }));
    const over = (): void => void entering.delete(room);
    joined.then(over, over);
    entry.ask();
    return joined;
  };

  const welcomed = async ({ waiting, resumed }: Welcome): Promise<void> => {
    const atDoor = [...entering].filter(([, { isAtDoor }]) => isAtDoor);
    // With a new session they knock anew, and are told so.
    if (!resumed) for (const [, entry] of atDoor) entry.isAtDoor = false;
    const stateOf = (room: string) => waiting.find(({ id }) => id === room)?.state;
    for (const [room, entry] of atDoor) if (!resumed || stateOf(room) === "admitted") entry.ask();
    const gone = atDoor.filter(([room]) => resumed && stateOf(room) === undefined);
    if (gone.length === 0) return;
    // A denial is among the frames that follow a welcome. Once they are all here, who still wants in knocks again.
    await ask({ type: "ping" });
    for (const [room, entry] of gone) if (entering.has(room)) entry.ask();
  };

  return {
    enter,
    welcomed,
    hear: (event: Extract<Event, { readonly type: "admitted" | "denied" }>): void => {
      const entry = entering.get(event.room);
      if (event.type === "admitted") entry?.ask();
      else {
        const [code, sentence] = refusals[event.reason];
        entry?.reject(new SignalboxError(code, sentence, { until: event.until }));
      }
    },
    close: (error: SignalboxError): void => {
      for (const { reject } of entering.values()) reject(error);
    },
  };
};
