import * as N from "fp-ts/lib/number.js";
import * as O from "fp-ts/lib/Option.js";
import * as Semigroup from "fp-ts/lib/Semigroup.js";
import type { Millis } from "../base/id.js";
import { nextExpiry } from "../shared/rooms.js";
import type { State } from "../state.js";
import { nextPending } from "./announcements.js";

const earliest = O.getMonoid(Semigroup.min<Millis>(N.Ord));

/** The earliest moment at which `ClockTicked` would do something; asked for after every event, never started or cancelled. */
export const nextDeadline = (state: State): O.Option<Millis> =>
  earliest.concat(earliest.concat(nextExpiry(state.shared), state.local.repeatListAt), nextPending(state));
