import type { Effect } from "../effect.js";
import type { Event } from "../event.js";
import { reduce } from "../reduce.js";
import { initial, type State } from "../state.js";

/** One event with the states around it and what it caused. */
export interface Moment<E extends Event = Event> {
  /** Events of a run count from 1. */
  readonly n: number;
  readonly event: E;
  readonly before: State;
  readonly after: State;
  readonly effects: ReadonlyArray<Effect>;
}

/** Replays events one by one; nothing is sent. */
export function* replay<E extends Event>(events: Iterable<E>, from: State = initial): Generator<Moment<E>, void> {
  let before = from;
  let n = 0;
  for (const event of events) {
    n += 1;
    const [after, effects] = reduce(before, event);
    yield { n, event, before, after, effects };
    before = after;
  }
}
