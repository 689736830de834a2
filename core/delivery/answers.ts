import type { ClientId } from "../base/id.js";
import type { Fact } from "../fact.js";
import { reply, report, type Step, sequence } from "../step.js";

/** What the facts of a request mean for the client that asked, and the report of each to the adapters. */
export const answer = (client: ClientId, facts: ReadonlyArray<Fact>): Step =>
  sequence(...facts.map((fact) => sequence(told(client, fact), reportOf(fact))));

const told =
  (client: ClientId, fact: Fact): Step =>
  (state) => {
    switch (fact.kind) {
      case "RequestRefused":
        return [state, [reply(client, { kind: "Error", at: state.now, refusal: fact.refusal })]];
      case "NothingToDo":
      case "ParticipantHeld":
        return [state, [reply(client, { kind: "RoomList", at: state.now })]];
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
        return [state, []];
    }
  };

const reportOf =
  (fact: Fact): Step =>
  (state) => [state, [report(fact)]];

/** The report of facts that no client asked for. */
export const reportAll = (facts: ReadonlyArray<Fact>): Step => sequence(...facts.map(reportOf));
