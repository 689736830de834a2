import type { Position } from "../../recording.js";
import type { Named } from "../../who.js";
import type { End, MistypedChannel } from "./delivery.js";

/** What to do, or to look at, next. */
export type Advice =
  | { readonly code: "fix-first-cause" }
  | { readonly code: "compare-ids"; readonly from: Named; readonly to: Named }
  | { readonly code: "why-no-call" }
  | { readonly code: "address-by-room-list"; readonly sender: Named; readonly receiver: Named }
  | {
      readonly code: "subscribe-before-join";
      readonly sender: Named;
      readonly receiver: Named;
      readonly channel: string;
    }
  | {
      readonly code: "be-there-first";
      readonly sender: Named;
      readonly receiver: Named;
      readonly channel: string;
      readonly offer: Position;
    }
  /** `isBack`: the recipient did come back, after what was kept for them was gone. */
  | { readonly code: "call-when-back"; readonly sender: Named; readonly receiver: Named; readonly isBack: boolean }
  | { readonly code: "send-again"; readonly sender: Named; readonly receiver: Named }
  | { readonly code: "address-by-id"; readonly sender: Named; readonly receiver: Named }
  | { readonly code: "meet-in-a-room"; readonly sender: Named; readonly receiver: Named }
  | ({ readonly code: "fix-channel" } & MistypedChannel)
  | { readonly code: "answer-to-sender"; readonly receiver: Named; readonly sender: Named }
  | {
      readonly code: "lost-connection";
      readonly receiver: Named;
      readonly sender: Named;
      readonly ended: Position;
      /** The silence after which the server cuts a socket off. */
      readonly cutAfterMs: number;
      readonly isBack: boolean;
    }
  | {
      readonly code: "gone-before-answer";
      readonly receiver: Named;
      readonly sender: Named;
      readonly ended: End;
      readonly isBack: boolean;
    }
  | {
      readonly code: "page-did-not-answer";
      readonly receiver: Named;
      readonly offer: Position;
      readonly isHeard: boolean;
    }
  | { readonly code: "offerer-was-away"; readonly receiver: Named; readonly answer: Position }
  | { readonly code: "call-the-other-way"; readonly sender: Named; readonly receiver: Named }
  | { readonly code: "one-window"; readonly sender: Named; readonly receiver: Named }
  | { readonly code: "one-offer-at-a-time"; readonly sender: Named }
  | { readonly code: "give-way-by-rule" }
  | { readonly code: "send-candidates" }
  | { readonly code: "check-candidates"; readonly because: CandidateAdvice };

/** What the candidates suggest where signalling was complete. */
export type CandidateAdvice =
  | { readonly code: "texts-not-recorded" | "blocked-nearby" | "relay-was-there" | "no-nat" | "host-only" | "no-relay" }
  | { readonly code: "stun-unreachable"; readonly person: Named };
