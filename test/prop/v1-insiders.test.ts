import fc from "fast-check";
import * as O from "fp-ts/lib/Option.js";
import { expect, test } from "vitest";
import * as Table from "../../core/base/table.js";
import { type ClientId, type RoomId, type SessionId, type State, seat, type UserId } from "../../core/index.js";
import { roleOf } from "../../core/shared/roles.js";
import { knocksAt } from "../../core/state.js";
import { anyMixedRun, v1FramesOf } from "../support/v1-world.js";
import { play } from "../support/world.js";

interface Who {
  readonly session: SessionId;
  readonly user: UserId;
}

const whoIs = ({ local }: State, client: ClientId): Who | undefined => {
  const me = Table.get(local.clients, client);
  return me !== undefined && O.isSome(me.member) ? { session: me.session, user: me.member.value.user } : undefined;
};

const isInside = ({ shared }: State, { session, user }: Who, room: RoomId): boolean =>
  Table.get(shared.sessions, session)?.seats.includes(seat(room, user)) === true;

const isModerator = ({ shared }: State, { user }: Pick<Who, "user">, id: RoomId): boolean => {
  const room = Table.get(shared.rooms, id);
  return room !== undefined && roleOf(shared, room, user) !== "participant";
};

const isWaiting = ({ shared }: State, { user }: Pick<Who, "user">, room: RoomId): boolean =>
  Table.has(knocksAt(shared, room), user);

test("law: only who is in a room is sent its roster, only who may admit is sent its door, and who is neither is sent nothing of it", () => {
  fc.assert(
    fc.property(anyMixedRun(), (run) => {
      for (const moment of play(run)) {
        const { after } = moment;
        for (const { to, frame } of v1FramesOf(moment)) {
          const me = whoIs(after, to);
          if (me === undefined) throw new Error(`${frame.type} for client ${to}, who is nobody`);
          const must = (isSo: boolean): void => {
            if (!isSo) expect.fail(`${me.user} (client ${to}) must not get ${JSON.stringify(frame)}`);
          };
          const rooms =
            frame.type === "welcome" ? frame.rooms : frame.type === "result" && frame.room ? [frame.room] : [];
          for (const { id, waiting } of rooms) {
            must(isInside(after, me, id) || (frame.type === "result" && isModerator(after, me, id)));
            must(waiting === undefined || isModerator(after, me, id));
          }
          if (frame.type === "roster") must(isInside(after, me, frame.room));
          if (frame.type === "knock" || frame.type === "knock-ended")
            must(isInside(after, me, frame.room) && isModerator(after, me, frame.room));
          // What was kept for somebody was addressed to them while they were there; that is the next law.
          if (moment.event.kind === "ClientConnected") continue;
          if (frame.type === "signal" || frame.type === "crossing") must(isInside(after, me, frame.room));
          if (frame.type === "message") {
            const sender = { user: frame.from };
            must(
              isInside(after, me, frame.room) ||
                (frame.to === me.user && isWaiting(after, me, frame.room) && isModerator(after, sender, frame.room)),
            );
            must(
              Table.has(Table.get(after.shared.rooms, frame.room)?.participants ?? Table.empty(), frame.from) ||
                (isWaiting(after, sender, frame.room) && isModerator(after, me, frame.room)),
            );
          }
        }
      }
    }),
    { numRuns: 100 },
  );
});

test("law: a signal is kept for nobody but a participant, and comes from nobody else", () => {
  fc.assert(
    fc.property(anyMixedRun(), (run) => {
      for (const { event, before, after } of play(run))
        for (const { session, kept, lastN } of Table.values(after.local.mailboxes)) {
          const known = Table.get(before.local.mailboxes, session)?.lastN ?? 0;
          for (const { n, message } of lastN > known ? kept : []) {
            if (n <= known || message.kind !== "Signal") continue;
            const member = Table.get(after.shared.sessions, session)?.member ?? O.none;
            const user = O.isSome(member) ? member.value.user : ("" as UserId);
            expect(event.kind).toBe("SignalRequested");
            expect(isInside(after, { session, user }, message.room)).toBe(true);
            const sender = "client" in event ? whoIs(after, event.client) : undefined;
            expect(sender?.user).toBe(message.from);
            expect(sender !== undefined && isInside(after, sender, message.room)).toBe(true);
          }
        }
    }),
    { numRuns: 100 },
  );
});
