import type * as O from "fp-ts/lib/Option.js";
import { type Effect, type Event, initial, type Millis, nextDeadline, reduce, type State } from "../../core/index.js";

/** What the loop is plugged into. None of these may call back synchronously with anything but `dispatch`. */
export interface Ports {
  /** Carries an effect out against the state that it was returned with. */
  readonly interpret: (effect: Effect, state: State) => void;
  /** Sees every event with what came of it, in order: the log, and whoever records. */
  readonly observe: (event: Event, effects: ReadonlyArray<Effect>, state: State) => void;
  /** Ends a turn: what has been collected leaves. */
  readonly flush: (state: State) => void;
  /** Asks for a `ClockTicked` at the deadline. */
  readonly wakeAt: (deadline: O.Option<Millis>) => void;
}

export interface Runtime {
  /** Only enqueues: the event is reduced in this turn of the event loop, after all that was enqueued before. */
  readonly dispatch: (event: Event) => void;
  readonly state: () => State;
}

/**
 * The loop around the core. Events that arrive in one turn of the event loop are reduced one by one when its I/O is done
 * (`setImmediate`), and what they cause leaves together.
 */
export const runtime = (ports: Ports): Runtime => {
  let state = initial;
  let inbox: Event[] = [];

  const turn = (): void => {
    const events = inbox;
    inbox = [];
    for (const event of events) {
      const [next, effects] = reduce(state, event);
      state = next;
      ports.observe(event, effects, next);
      for (const effect of effects) ports.interpret(effect, next);
    }
    ports.flush(state);
    ports.wakeAt(nextDeadline(state));
  };

  return {
    dispatch: (event) => {
      if (inbox.length === 0) setImmediate(turn);
      inbox.push(event);
    },
    state: () => state,
  };
};
