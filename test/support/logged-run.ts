import {
  type Appended,
  type Effect,
  type Event,
  initial,
  type Millis,
  type NodeId,
  reduce,
  type State,
} from "../../core/index.js";

export const node = "node-1" as NodeId;

/** How many events of others come between an entry and its return from the log. */
export type Delay = (seq: number) => number;

/** The events of a run as they are on a node with a log, which answers each entry after so many other events. */
export const withLog = (run: ReadonlyArray<Event>, delay: Delay = () => 0): ReadonlyArray<Event> => {
  const events: Event[] = [];
  const waiting: Array<{ readonly appended: Appended; readonly after: number }> = [];
  let state: State = initial;
  let seq = 0;
  let at = 0 as Millis;
  const happens = (event: Event): void => {
    events.push(event);
    at = event.at;
    let effects: ReadonlyArray<Effect>;
    [state, effects] = reduce(state, event);
    for (const effect of effects) {
      if (effect.kind !== "Append") continue;
      seq += 1;
      // As a log would carry it.
      const entry = JSON.parse(JSON.stringify(effect.entry));
      waiting.push({
        appended: { kind: "Appended", at: event.at, seq, node, entry },
        after: events.length + delay(seq),
      });
    }
  };
  const answer = (isDue: (after: number) => boolean): void => {
    for (let next = waiting[0]; next !== undefined && isDue(next.after); next = waiting[0]) {
      waiting.shift();
      happens({ ...next.appended, at });
    }
  };
  for (const event of run) {
    happens(event.kind === "ServerStarted" ? { ...event, node } : event);
    answer((after) => after <= events.length);
  }
  answer(() => true);
  return events;
};
