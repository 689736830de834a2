import type { Fact } from "../fact.js";
import { apply } from "../shared/apply.js";
import type { Entry, Requester } from "../shared/entry.js";
import type { Client } from "../state.js";
import type { Step } from "../step.js";

/**
 * Orders an entry among all others, which without a log means: applies it at once. What follows on this node follows from the facts.
 * The only place that puts a new shared half into the state.
 */
export const order =
  (entry: Entry, followUp: (facts: ReadonlyArray<Fact>) => Step): Step =>
  (state) => {
    const [shared, facts] = apply(state.shared, entry);
    return followUp(facts)(shared === state.shared ? state : { now: state.now, shared, local: state.local });
  };

export const requesterOf = ({
  id: client,
  session,
  generation,
  claimed,
  verified,
  member,
  token,
}: Client): Requester => ({
  client,
  session,
  generation,
  identity: { claimed, verified },
  member,
  token,
});
