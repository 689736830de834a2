import * as Table from "../base/table.js";
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

/** Lives a recorded session again, event by event; nothing is sent. */
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

/**
 * The state as plain JSON, tables as lists of entries in the order of their keys: the same for the same history, whatever way the
 * tables have been built.
 */
export const snapshot = (state: State): unknown => ({
  ...state,
  clients: Table.values(state.clients),
  rooms: Table.values(state.rooms).map((room) => ({ ...room, participants: Table.values(room.participants) })),
  unjoined: Table.entries(state.unjoined),
  creators: Table.entries(state.creators),
  holders: Table.entries(state.holders).map(([key, ids]) => [key, Table.keys(ids)]),
  subscribers: Table.entries(state.subscribers).map(([key, ids]) => [key, Table.keys(ids)]),
  observers: Table.entries(state.observers).map(([key, ids]) => [key, Table.keys(ids)]),
  actors: Table.entries(state.actors).map(([key, ids]) => [key, Table.keys(ids)]),
});

/** Effects without the texts that clients wrote: what a journal can vouch for however much of them it keeps. */
export const withoutTexts = (effects: ReadonlyArray<Effect>): ReadonlyArray<unknown> =>
  effects.map((effect) => {
    if (effect.kind !== "Send") return effect;
    if (effect.message.kind === "Relay") return { ...effect, message: { kind: "Relay" } };
    if (effect.message.kind === "Echo") return { ...effect, message: { kind: "Echo", at: effect.message.at } };
    return effect;
  });
