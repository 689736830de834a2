import * as O from "fp-ts/lib/Option.js";
import { expect, test } from "vitest";
import * as Table from "../../../core/base/table.js";
import type { ClientId, Millis, RoomId, SessionId, UserId } from "../../../core/index.js";
import * as Mailbox from "../../../core/local/mailbox.js";
import { withLocal } from "../../../core/replace.js";
import { greeted } from "../../support/v1-world.js";
import { last, play } from "../../support/world.js";

const [session, room] = ["s1" as SessionId, "r" as RoomId];
const at = 0 as Millis;

/** Ann's session, of which the run that had its mailbox is over. */
const restarted = () => {
  const ann = { user: "ann" as UserId, name: "Ann" };
  const policy = { listed: true, lobby: false, capacity: 3, withoutHost: "promote" } as const;
  const create = { room: { id: room, name: "Room" }, policy };
  const join = { kind: "JoinRequested", roomId: room, userId: ann.user, userName: ann.name, create, text: "" } as const;
  const state = last(play([greeted(1 as ClientId, session, ann), { ...join, at, client: 1 as ClientId, id: 2 }]));
  expect(Table.has(state.shared.sessions, session)).toBe(true);
  return withLocal(state, { mailboxes: Table.empty() });
};

const from = (user: string, text: string) =>
  ({ kind: "Message", room, from: user as UserId, text }) as Parameters<typeof Mailbox.post>[1];

test("after a restart, frames are numbered when the client is back, and the gap names all who may be missing", () => {
  let state = restarted();
  expect(Mailbox.outcomeFor(state, session)).toBe("kept");
  const { keptMessagesMax } = state.shared.settings.limits;
  for (const user of ["carl", ...Array.from({ length: keptMessagesMax }, () => "dora")])
    [state] = Mailbox.post(session, from(user, "x"))(state);
  const by = { client: 2 as ClientId, seen: 41 };
  [state] = Mailbox.reopen(session, by, () => ["bob" as UserId])(state);
  const mailbox = Mailbox.mailboxOf(state, session);
  expect(mailbox).toMatchObject({ client: O.some(2), heard: 0, lastN: 42 + 1 + keptMessagesMax, droppedN: 43 });
  expect(mailbox?.kept.map(({ n }) => n)).toEqual(Array.from({ length: keptMessagesMax }, (_, i) => 44 + i));
  expect(mailbox && Mailbox.missed(mailbox, 41)).toEqual(O.some(["carl", "bob"]));
});
