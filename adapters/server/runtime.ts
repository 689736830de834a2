import type * as O from "fp-ts/lib/Option.js";
import {
  type ClientId,
  type Effect,
  type Event,
  initial,
  type Millis,
  nextDeadline,
  reduce,
  type State,
} from "../../core/index.js";
import type { TurnTaken } from "../observe/metrics.js";
import { awaiting } from "./awaiting.js";

/** What the runtime calls. Of the runtime, these functions may call `dispatch` only. */
export interface Ports {
  /** Carries out an effect; `state` is the state that `reduce` returned with it. */
  readonly interpret: (effect: Effect, state: State) => void;
  /** Called once for every event, in order, with its effects and the state after it. Log, metrics and recording use it. */
  readonly observe: (event: Event, effects: ReadonlyArray<Effect>, state: State) => void;
  /** Called at the end of a turn: collected output is written. `isIdle`: nothing waits to be reduced. */
  readonly flush: (state: State, isIdle: boolean) => void;
  /** Called after every turn, for the metrics. */
  readonly turned: (turn: TurnTaken) => void;
  /** Requests a `ClockTicked` at the deadline; `none` cancels it. */
  readonly wakeAt: (deadline: O.Option<Millis>) => void;
  /** An entry of the client is on its way to the log: nothing more should be read from it until it is held no longer. */
  readonly hold: (client: ClientId, isHeld: boolean) => void;
}

export interface Runtime {
  /** Queues an event. It is reduced later in this turn of the event loop, in the order of the queue. */
  readonly dispatch: (event: Event) => void;
  /** Events that wait to be reduced, and entries that have not come back from the log. */
  readonly queued: () => number;
  readonly state: () => State;
}

/** The event loop that the turns are of. */
export interface Loop {
  /** Milliseconds, from a clock that never runs backwards. */
  readonly now: () => number;
  /** Calls once the I/O of this turn has been seen to. */
  readonly soon: (then: () => void) => void;
}

const ofNode: Loop = { now: () => performance.now(), soon: (then) => void setImmediate(then) };

/** A turn that has taken so long leaves the rest to the next, so that sockets and timers are seen to in between. */
const turnMsMax = 10;

/**
 * Holds the state and runs the core. Events that arrive during one turn of the event loop are reduced after its I/O phase
 * (`setImmediate`), one by one, and their output is written together.
 */
export const runtime = (ports: Ports, { now, soon }: Loop = ofNode): Runtime => {
  let state = initial;
  let queue: Event[] = [];
  let reduceMs = 0;
  const log = awaiting(ports.hold);

  const carryOut = (event: Event): void => {
    if (log.keep(event)) return;
    const began = now();
    const [next, effects] = reduce(state, event);
    reduceMs += now() - began;
    state = next;
    ports.observe(event, effects, next);
    for (const effect of effects) ports.interpret(effect, next);
    for (const waited of log.note(event, effects, next)) carryOut(waited);
  };

  const turn = (): void => {
    const events = queue;
    queue = [];
    reduceMs = 0;
    let done = 0;
    const turnBegan = now();
    for (const event of events) {
      if (now() - turnBegan > turnMsMax) break;
      carryOut(event);
      done += 1;
    }
    if (done < events.length) {
      if (queue.length === 0) soon(turn);
      queue = [...events.slice(done), ...queue];
    }
    const flushBegan = now();
    ports.flush(state, queue.length === 0);
    ports.turned({ events: done, reduceMs, flushMs: now() - flushBegan });
    ports.wakeAt(nextDeadline(state));
  };

  return {
    dispatch: (event) => {
      if (queue.length === 0) soon(turn);
      queue.push(event);
    },
    queued: () => queue.length + log.size(),
    state: () => state,
  };
};
