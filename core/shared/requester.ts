import * as O from "fp-ts/lib/Option.js";
import * as Table from "../base/table.js";
import type { Requester } from "../entry.js";
import type { RoomRequest } from "../event.js";
import type { Refusal } from "../message.js";
import type { Session, Shared } from "../state.js";
import { conclude, type Decision, nothing, record } from "./decision.js";

/** The requester's session; undefined for one that has not been in the shared half yet, and holds nothing. */
export const sessionOf = (shared: Shared, { session }: Requester): Session | undefined =>
  Table.get(shared.sessions, session);

/** A session enters the shared half with the first room that it creates or joins. */
export const openSession = (known: Session | undefined, { session, generation, member, node }: Requester): Decision => {
  if (known !== undefined) return nothing;
  return record({
    ...({ kind: "SessionOpened", session, generation } as const),
    ...(O.isSome(member) ? { member: member.value } : {}),
    ...(O.isSome(node) ? { node: node.value } : {}),
  });
};

/** Nothing changes, and the requester is told why. */
export const refuse = (request: RoomRequest, { client }: Requester, refusal: Refusal): Decision =>
  conclude({ kind: "RequestRefused", client, refusal: { ...refusal, request: request.kind } });
