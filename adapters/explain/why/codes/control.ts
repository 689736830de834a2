import type { Position } from "../../recording.js";
import type { Named } from "../../who.js";

/** How one of the two fared with everybody else. */
export interface ControlSide {
  readonly person: Named;
  readonly works: ReadonlyArray<Named>;
  readonly fails: ReadonlyArray<Named>;
  /** What this side always did where it worked, where it did the other thing here. */
  readonly role?: "offers" | "answers";
  readonly here?: "offers" | "answers";
}

/** Findings that compare a pair with the others, or one id with another. */
export type ComparisonFinding =
  | {
      readonly code: "control-group";
      readonly sides: ReadonlyArray<ControlSide>;
      /** The channel of this pair, and the one that all others signal on. */
      readonly channel?: { readonly own: string; readonly others: string };
    }
  | {
      readonly code: "not-joined-again";
      readonly person: Named;
      readonly room: Named;
      readonly left: Position;
      readonly back: Position & { readonly socket: number };
      /** The first thing that they sent to others after that. */
      readonly acted?: Position;
    }
  | {
      readonly code: "namesake-called";
      readonly from: Named;
      readonly called: Named;
      readonly notCalled: Named;
      readonly room: Named;
      readonly offers: ReadonlyArray<Position>;
    }
  | {
      readonly code: "asked-as-another";
      readonly socket: number;
      readonly asked: Named;
      readonly joined: Named;
      readonly knock: Position;
      readonly join: Position & { readonly room: Named };
    };
