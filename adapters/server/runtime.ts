import type * as O from "fp-ts/lib/Option.js";
import { type Effect, type Event, initial, type Millis, nextDeadline, reduce, type State } from "../../core/index.js";

/** What the runtime calls. Of the runtime, these functions may call `dispatch` only. */
export interface Ports {
  /** Carries out an effect; `state` is the state that `reduce` returned with it. */
  readonly interpret: (effect: Effect, state: State) => void;
  /** Called once for every event, in order, with its effects and the state after it. Log, metrics and recording use it. */
  readonly observe: (event: Event, effects: ReadonlyArray<Effect>, state: State) => void;
  /** Called at the end of a turn: collected output is written. */
  readonly flush: (state: State) => void;
  /** Requests a `ClockTicked` at the deadline; `none` cancels it. */
  readonly wakeAt: (deadline: O.Option<Millis>) => void;
}

export interface Runtime {
  /** Queues an event. It is reduced later in this turn of the event loop, in the order of the queue. */
  readonly dispatch: (event: Event) => void;
  readonly state: () => State;
}

/**
 * Holds the state and runs the core. Events that arrive during one turn of the event loop are reduced after its I/O phase
 * (`setImmediate`), one by one, and their output is written together.
 */
export const runtime = (ports: Ports): Runtime => {
  let state = initial;
  let queue: Event[] = [];

  const turn = (): void => {
    const events = queue;
    queue = [];
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
      if (queue.length === 0) setImmediate(turn);
      queue.push(event);
    },
    state: () => state,
  };
};
