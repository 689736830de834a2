import type { ClientId, Millis } from "../base/id.js";
import type { Effect } from "../effect.js";
import type { Fact } from "../fact.js";
import type { ServerMessage } from "../message.js";
import { reply, report, type Step } from "../step.js";

/** What the facts of a request mean for the client that asked, and the report of each to the adapters. */
export const answer =
  (client: ClientId, facts: ReadonlyArray<Fact>): Step =>
  (state) => {
    const effects: Effect[] = [];
    for (const fact of facts) {
      const message = answerTo(fact, state.now);
      if (message !== undefined) effects.push(reply(client, message));
      effects.push(report(fact));
    }
    return [state, effects];
  };

const answerTo = (fact: Fact, at: Millis): ServerMessage | undefined => {
  switch (fact.kind) {
    case "RequestRefused":
      return { kind: "Error", at, refusal: fact.refusal };
    case "NothingToDo":
    case "ParticipantHeld":
      return { kind: "RoomList", at };
    case "SessionOpened":
    case "SessionResumed":
    case "SessionEnded":
    case "RoomOpened":
    case "RoomUpdated":
    case "HostNamed":
    case "CreatorLeft":
    case "RoomClosed":
    case "ParticipantJoined":
    case "ParticipantReleased":
    case "ParticipantLeft":
      return undefined;
  }
};

/** The report of facts that no client asked for. */
export const reportAll =
  (facts: ReadonlyArray<Fact>): Step =>
  (state) => [state, facts.map(report)];
