import * as O from "fp-ts/lib/Option.js";
import { listeners } from "./audience.js";
import type { Effect } from "./effect.js";
import type { Millis } from "./id.js";
import type { State } from "./state.js";
import { type Step, send } from "./step.js";

/**
 * The states that clients are shown, announced in this one place, because what they show has changed since `before`: no step
 * says it, so no step can forget it, and a cascade is announced once.
 */
export const changesSince =
  (before: State): Step =>
  (state) => {
    const effects: Effect[] = [];
    if (state.clients.size !== before.clients.size)
      effects.push(send({ kind: "Everyone" }, { kind: "ClientCount", at: state.now }));
    if (state.rooms !== before.rooms || state.repeatListAt !== before.repeatListAt)
      effects.push(send(listeners, { kind: "RoomList", at: state.now }));
    return [state, effects];
  };

/** The list is repeated while there is a room: with the first one the repetition begins, with the last it ends. */
export const keepRepeating: Step = (state) => {
  if (state.rooms.size > 0 === O.isSome(state.repeatListAt)) return [state, []];
  return [{ ...state, repeatListAt: state.rooms.size > 0 ? O.some(nextRepetition(state)) : O.none }, []];
};

/** A due list counts as changed, which is what announces it. */
export const repeatList: Step = (state) =>
  O.isSome(state.repeatListAt) && state.repeatListAt.value <= state.now
    ? [{ ...state, repeatListAt: O.some(nextRepetition(state)) }, []]
    : [state, []];

const nextRepetition = (state: State): Millis => (state.now + state.settings.roomListIntervalMs) as Millis;
