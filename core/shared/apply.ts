import type { RoomRequest } from "../event.js";
import type { Fact } from "../fact.js";
import type { Shared } from "../state.js";
import type { Decision } from "./decision.js";
import type { Entry, Requester } from "./entry.js";
import { join, leave } from "./participants.js";
import { closeUnjoined, create } from "./rooms.js";
import { end, resume } from "./sessions.js";

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
      return resume(entry);
    case "EndSession":
      return end(entry);
    case "CloseUnjoinedRooms":
      return closeUnjoined(entry.at);
  }
};

const answer = (request: RoomRequest, by: Requester, at: Entry["at"]): Decision => {
  switch (request.kind) {
    case "CreateRequested":
      return create(request, by, at);
    case "JoinRequested":
      return join(request, by);
    case "LeaveRequested":
      return leave(request, by);
  }
};
