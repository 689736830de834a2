import type { ClientId } from "./base/id.js";
import type { Audience, Effect } from "./effect.js";
import type { Fact } from "./fact.js";
import type { ServerMessage } from "./message.js";
import type { State } from "./state.js";

/** One step of a transition. Returning the identical state means that nothing happened. */
export type Step = (state: State) => readonly [State, ReadonlyArray<Effect>];

/** Each step on the state that the one before it left, with all their effects in order. Takes linear time. */
export const all =
  (steps: ReadonlyArray<Step>): Step =>
  (state) => {
    let current = state;
    let gathered: ReadonlyArray<Effect> = [];
    // Most steps have no effects, and need no list of their own.
    let own: Effect[] | undefined;
    for (const step of steps) {
      const [next, effects] = step(current);
      current = next;
      if (own !== undefined) for (const effect of effects) own.push(effect);
      else if (gathered.length === 0) gathered = effects;
      else if (effects.length > 0) {
        own = [...gathered, ...effects];
        gathered = own;
      }
    }
    return [current, gathered];
  };

export const sequence = (...steps: ReadonlyArray<Step>): Step => all(steps);

/** `then` only where `first` changed the state. */
export const ifChanged =
  (first: Step, then: Step): Step =>
  (state) => {
    const [next, effects] = first(state);
    if (next === state) return [state, effects];
    const [last, more] = then(next);
    return [last, [...effects, ...more]];
  };

export const nothing: Step = (state) => [state, []];

export const send = (to: Audience, message: ServerMessage): Effect => ({ kind: "Send", to, message });

export const reply = (client: ClientId, message: ServerMessage): Effect => send({ kind: "Client", client }, message);

export const report = (fact: Fact): Effect => ({ kind: "Report", fact });
