import * as Table from "../base/table.js";
import type { RoomRequest } from "../event.js";
import type { Refusal } from "../message.js";
import type { Session, Shared } from "../state.js";
import { conclude, type Decision, nothing, record } from "./decision.js";
import type { Requester } from "./entry.js";

/** The session as the requester has it: one that is not in the shared half yet holds nothing. */
export const sessionOf = (shared: Shared, { session: id, generation }: Requester): Session =>
  Table.get(shared.sessions, id) ?? { id, generation, seats: [], created: [] };

/** A session enters the shared half with the first room that it creates or joins. */
export const openSession =
  ({ session, generation }: Requester): Decision =>
  (shared) =>
    (Table.has(shared.sessions, session) ? nothing : record({ kind: "SessionOpened", session, generation }))(shared);

/** Nothing changes, and the requester is told why. */
export const refuse = (request: RoomRequest, { client }: Requester, refusal: Refusal): Decision =>
  conclude({ kind: "RequestRefused", client, refusal: { ...refusal, request: request.kind } });
