import * as O from "fp-ts/lib/Option.js";
import type { Millis } from "../base/id.js";
import type { Entry, Requester } from "../entry.js";
import type { RoomRequest } from "../event.js";
import type { Fact } from "../fact.js";
import type { Shared } from "../state.js";
import { type Decision, inOrder } from "./decision.js";
import * as Door from "./door.js";
import * as Nodes from "./nodes.js";
import * as Participants from "./participants.js";
import { refusedByToken } from "./permissions.js";
import { refuse } from "./requester.js";
import * as Roles from "./roles.js";
import * as Rooms from "./rooms.js";
import * as Sessions from "./sessions.js";

/**
 * What an entry comes to: a pure function of the shared half and the entry, the same on every node. Whatever has changed is in the
 * facts; a refusal and a repetition leave the shared half identical.
 */
export const apply = (shared: Shared, entry: Entry): readonly [Shared, ReadonlyArray<Fact>] => decide(entry)(shared);

const decide = (entry: Entry): Decision => {
  switch (entry.kind) {
    case "Request":
      return answer(entry.request, entry.by, entry.at);
    case "ResumeSession":
      return Sessions.resume(entry);
    case "AcknowledgeSession":
      return Sessions.acknowledge(entry);
    case "LoseSession":
      return Sessions.lose(entry, entry.at);
    case "EndSession":
      return Sessions.end(entry, entry.at);
    case "Expire":
      return inOrder([Rooms.closeUnjoined(entry.at), Sessions.expire(entry.at)]);
    case "StartNode":
      return Sessions.startNode(entry);
    case "RenewNode":
      return Nodes.renew(entry);
    case "SuspectNode":
      return Nodes.suspect(entry);
    case "StopNode":
      return Nodes.stop(entry);
  }
};

const answer = (request: RoomRequest, by: Requester, at: Millis): Decision => {
  const refusal = refusedByToken(by.token, request, at);
  if (O.isSome(refusal)) return refuse(request, by, refusal.value);
  switch (request.kind) {
    case "CreateRequested":
      return Rooms.create(request, by, at);
    case "JoinRequested":
      return Participants.join(request, by, at);
    case "LeaveRequested":
      return Participants.leave(request, by, at);
    case "CloseRequested":
      return Rooms.closeAsAsked(request, by);
    case "WithdrawRequested":
      return Door.withdraw(request, by);
    case "AdmitRequested":
      return Door.admit(request, by, at, Participants.joinAdmitted);
    case "DenyRequested":
      return Door.deny(request, by, at);
    case "LockRequested":
      return Door.lock(request, by);
    case "RemoveRequested":
      return Participants.remove(request, by, at);
    case "UnbanRequested":
      return Door.unban(request, by);
    case "RoleRequested":
      return Roles.giveRole(request, by);
  }
};
