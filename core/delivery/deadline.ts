import * as N from "fp-ts/lib/number.js";
import * as O from "fp-ts/lib/Option.js";
import * as Semigroup from "fp-ts/lib/Semigroup.js";
import type { Millis } from "../base/id.js";
import * as Cluster from "../local/cluster.js";
import { nextClose } from "../local/tokens.js";
import { nextExpiry } from "../shared/rooms.js";
import { firstDue } from "../shared/sessions.js";
import type { State } from "../state.js";
import { nextPending } from "./announcements.js";
import { nextTelling } from "./directory.js";

const earliest = O.getMonoid(Semigroup.min<Millis>(N.Ord));

const nextDue = ({ shared }: State): O.Option<Millis> => earliest.concat(nextExpiry(shared), firstDue(shared));

/** Whether something in the shared half is due. */
export const isDue = (state: State): boolean => {
  const due = nextDue(state);
  return O.isSome(due) && due.value <= state.now;
};

/** The earliest moment at which `ClockTicked` would do something; asked for after every event, never started or cancelled. */
export const nextDeadline = (state: State): O.Option<Millis> =>
  [
    // What is due is on its way to the log, or another node's to ask for.
    state.local.ordering.isExpiring || !Cluster.isFirst(state) ? O.none : nextDue(state),
    Cluster.nextDue(state),
    state.local.repeatListAt,
    nextPending(state),
    nextTelling(state),
    nextClose(state),
  ].reduce(earliest.concat);
