import type { Position } from "../../recording.js";
import type { Named, Sent } from "../../who.js";

/** A signal that was kept for somebody who was away, or sent again to them. */
export type KeptSignal = Sent & { readonly type: string };

/** Findings about sessions that outlive their sockets, and about the doors of rooms. */
export type SessionFinding =
  | {
      readonly code: "away";
      readonly person: Named;
      readonly since: Position;
      /** `back`: within the grace. `lost`: the session ended. `open`: neither, when the recording ends. */
      readonly end: "back" | "lost" | "open";
      /** The node that they were at, where it was gone with them. */
      readonly node?: string;
      readonly until?: Position;
      /** What the other one of the two sent meanwhile, and was delivered when they were back. */
      readonly delivered: ReadonlyArray<KeptSignal>;
      /** What was kept, and did not arrive. */
      readonly undelivered: ReadonlyArray<KeptSignal>;
      /** What had been sent before, was not acknowledged, and was sent again. */
      readonly again: ReadonlyArray<KeptSignal>;
    }
  | {
      /** Several nodes were read together: at which of them each of the two was. */
      readonly code: "nodes";
      readonly people: ReadonlyArray<{
        readonly person: Named;
        readonly nodes: ReadonlyArray<{ readonly node: number; readonly since: Position }>;
      }>;
    }
  | {
      /** Two offers crossed, and the server told both who is to give way. */
      readonly code: "crossing";
      readonly offers: readonly [Sent, Sent];
      readonly polite: Named;
    }
  | {
      readonly code: "door-knock";
      /** `unanswered`: nobody decided. `unused`: admitted, and never came in. */
      readonly outcome: "unanswered" | "unused" | "denied" | "banned" | "withdrawn" | "disconnected" | "closed";
      readonly person: Named;
      readonly room: Named;
      readonly knock: Position;
      /** Nobody who may admit was there to be told. */
      readonly isUnheard: boolean;
      readonly admitted?: Position;
      /** When the knock, or the admission, was over. */
      readonly ended?: Position;
      readonly by?: Named;
    }
  | {
      readonly code: "removed";
      readonly reason: "removed" | "banned";
      readonly person: Named;
      readonly room: Named;
      readonly at: Position;
      readonly by?: Named;
      /** Until when the room is closed to them, in ms since 1970. */
      readonly until: number;
      /** When they joined again. */
      readonly joined?: Position;
    };
