import type { RoomState } from "./frames.js";
import type { Knock, Orders, RoomEvents } from "./room-events.js";

/** Who waits at the door of a room, as far as this side may know. */
export const knocksOf = (
  orders: Orders,
  tell: <K extends keyof RoomEvents>(name: K, event: RoomEvents[K]) => unknown,
) => {
  const waiting = new Map<string, Knock>();
  /** Whether somebody has had the time to listen. */
  let isHeard = false;

  const add = (user: string, name: string): void => {
    if (waiting.has(user)) return;
    const knock: Knock = {
      user,
      name,
      admit: () => orders.admit(user),
      deny: (forMs) => orders.deny(user, forMs === undefined ? {} : { forMs }),
    };
    waiting.set(user, knock);
    if (isHeard) tell("knock", knock);
  };

  const end = (user: string, reason: RoomEvents["knock-ended"]["reason"]): void => {
    if (waiting.delete(user) && isHeard) tell("knock-ended", { user, reason });
  };

  return {
    waiting,
    add,
    end,
    /** Tells of those who wait already. */
    release: (): void => {
      isHeard = true;
      for (const knock of waiting.values()) tell("knock", knock);
    },
    /** What became of those who are not there any more is not known. */
    settle: (now: NonNullable<RoomState["waiting"]>): void => {
      for (const user of [...waiting.keys()]) if (!now.some((it) => it.user === user)) end(user, "withdrawn");
      for (const { user, name } of now) add(user, name);
    },
  };
};
