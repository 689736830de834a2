import type { Fact, SharedFact } from "../fact.js";
import type { Shared } from "../state.js";
import { evolve } from "./evolve.js";

/** A part of applying an entry: the facts it comes to, and the shared half with them. It sees the shared half and nothing else. */
export type Decision = (shared: Shared) => readonly [Shared, ReadonlyArray<Fact>];

/** Every change of the shared half is made here, from a fact. */
export const record =
  (fact: SharedFact): Decision =>
  (shared) => [evolve(shared, fact), [fact]];

/** Nothing changes, and this is why. */
export const conclude =
  (fact: Fact): Decision =>
  (shared) => [shared, [fact]];

export const nothing: Decision = (shared) => [shared, []];

/** Each decision on what the one before it left, with all their facts in order. Takes linear time. */
export const inOrder =
  (decisions: ReadonlyArray<Decision>): Decision =>
  (shared) => {
    let current = shared;
    const facts: Fact[] = [];
    for (const decide of decisions) {
      const [next, more] = decide(current);
      current = next;
      for (const fact of more) facts.push(fact);
    }
    return [current, facts];
  };
