import * as O from "fp-ts/lib/Option.js";
import type { Entry, Requester } from "../entry.js";
import type { Appended } from "../event.js";
import type { Fact } from "../fact.js";
import { withLocal } from "../replace.js";
import { apply } from "../shared/apply.js";
import type { Client, Ordering, State } from "../state.js";
import type { Step } from "../step.js";

/** What follows on this node from an entry that has been applied. `before` is the state before it. */
export type FollowUp = (facts: ReadonlyArray<Fact>, before: State) => Step;

/**
 * Decides what becomes of an entry: without a log it is applied at once, and with one it is appended, and applied when it comes back. A
 * request that would change nothing is answered at once: nobody fills a disk with what is refused. Where there are other nodes, only the log
 * knows whether it would: one of them may just have changed something.
 */
export const order =
  (entry: Entry, followUp: FollowUp): Step =>
  (state) => {
    if (O.isNone(state.local.ordering.node)) return applied(entry, followUp)(state);
    const isWritten =
      O.isSome(state.local.ordering.cluster) ||
      entry.kind !== "Request" ||
      apply(state.shared, entry)[0] !== state.shared;
    return isWritten ? [state, [{ kind: "Append", entry }]] : applied(entry, followUp)(state);
  };

/** The only place that puts a new shared half into the state. */
export const applied =
  (entry: Entry, followUp: FollowUp): Step =>
  (state) => {
    const [shared, facts] = apply(state.shared, entry);
    return followUp(facts, state)(shared === state.shared ? state : { now: state.now, shared, local: state.local });
  };

/** Whether an entry that has come back was made by this node, in this run. */
export const isOwn = ({ local: { ordering } }: State, { node }: Pick<Appended, "node">): boolean =>
  O.isSome(ordering.node) && ordering.node.value === node;

export const withOrdering = (state: State, ordering: Partial<Ordering>): State =>
  withLocal(state, { ordering: { ...state.local.ordering, ...ordering } });

export const requesterOf = (
  { local: { ordering } }: State,
  { id: client, dialect, session, generation, claimed, verified, member, token }: Client,
): Requester => ({
  client,
  node: ordering.node,
  dialect,
  session,
  generation,
  identity: { claimed, verified },
  member,
  token,
});
