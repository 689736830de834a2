import fc from "fast-check";
import * as O from "fp-ts/lib/Option.js";
import { expect, test } from "vitest";
import * as Id from "../../core/base/id.js";
import * as Multimap from "../../core/base/multimap.js";
import * as Table from "../../core/base/table.js";
import {
  type Appended,
  apply,
  type ClientId,
  type Event,
  initialShared,
  invariants,
  type Millis,
  type NodeId,
  nextDeadline,
  partsOf,
  type RoomId,
  reduce,
  type ServerStarted,
  type SessionId,
  type Shared,
  sharedOf,
  sharedSnapshot,
  type UserId,
  wholeOf,
} from "../../core/index.js";
import type { Session } from "../../core/state.js";
import { withLog } from "../support/logged-run.js";
import { anyMixedRun, framesOf, greeted } from "../support/v1-world.js";
import { last, play } from "../support/world.js";

/** Through JSON, as a disk would keep it. */
const kept = <A>(value: A): A => JSON.parse(JSON.stringify(value));

const logOf = (run: ReadonlyArray<Event>): ReadonlyArray<Appended> =>
  withLog(run).flatMap((event) => (event.kind === "Appended" ? [event] : []));

const startOf = ([first]: ReadonlyArray<Event>): ServerStarted => {
  if (first?.kind !== "ServerStarted") throw new Error("a run begins with its settings");
  return first;
};

const applied = (log: ReadonlyArray<Appended>, before: Shared): Shared =>
  log.reduce((shared, { entry }) => apply(shared, entry)[0], before);

/** The next run on the same log, of which the first `cut` entries are in a snapshot. */
const restarted = (run: ReadonlyArray<Event>, log: ReadonlyArray<Appended>, cut: number): ReadonlyArray<Event> => {
  const start = startOf(run);
  const at = ((run.at(-1)?.at ?? 0) + 5_000) as Millis;
  const before = applied(log.slice(0, cut), initialShared(start.settings));
  const restored = wholeOf([...partsOf(before)].map(kept));
  const node = "node-2" as NodeId;
  const began: ReadonlyArray<Event> = [
    { ...start, at, node, restored },
    ...log.slice(cut).map((entry) => ({ ...kept(entry), at })),
  ];
  const entry = { kind: "StartNode", at, node, settings: start.settings, joins: false } as const;
  return [...began, { kind: "Appended", at, seq: log.length + 1, node, entry }];
};

const anyRunAndCut = fc.tuple(anyMixedRun(), fc.nat(), fc.nat()).map(([run, end, cut]) => {
  const log = logOf(run).slice(0, 1 + (end % logOf(run).length));
  return { run, log, cut: cut % (log.length + 1) };
});

test("law: a shared half that was written is read as it was", () => {
  fc.assert(
    fc.property(anyMixedRun(), (run) => {
      const { shared } = last(play(run));
      const read = sharedOf(wholeOf([...partsOf(shared)].map(kept)));
      expect(sharedSnapshot(read)).toEqual(sharedSnapshot(shared));
    }),
  );
});

test("law: a restart loses no room, role, knock or session that can be resumed, wherever the log was cut into a snapshot", () => {
  fc.assert(
    fc.property(anyRunAndCut, ({ run, log, cut }) => {
      const before = applied(log, initialShared(startOf(run).settings));
      const state = last(play(restarted(run, log, cut)));
      const { shared } = state;
      expect(invariants(state)).toEqual([]);
      const isThere = (room: string): boolean => Table.has(shared.rooms, room as RoomId);
      const holds = ({ seats, created, knocks }: Session): boolean => seats.length + created.length + knocks.length > 0;
      for (const session of Table.values(before.sessions)) {
        const known = Table.get(shared.sessions, session.id);
        if (O.isNone(session.member) || !holds(session)) expect(known).toBeUndefined();
        else {
          const seats = session.seats.filter((seat) => isThere(Id.seatOf(seat).room));
          const knocks = session.knocks.filter(isThere);
          const awayUntil = O.some(state.now + shared.settings.sessionGraceMs);
          const created = session.created.filter(isThere);
          expect(known).toEqual({ ...session, seats, knocks, created, awayUntil });
        }
      }
      const isMember = (room: RoomId, user: UserId): boolean =>
        Table.keys(Multimap.of(before.holders, Id.seat(room, user))).some((id) =>
          O.isSome(Table.get(before.sessions, id)?.member ?? O.none),
        );
      for (const [id, room] of Table.entries(before.rooms)) {
        const members = Table.keys(room.participants).filter((user) => isMember(id, user));
        const after = Table.get(shared.rooms, id);
        const host = O.toUndefined(room.hostId);
        // It closes like any other of which the last, or the host it depends on, has left: with clients that cannot come back.
        if (after === undefined) {
          const isHostGone = host !== undefined && Table.has(room.participants, host) && !members.includes(host);
          const creator = Table.get(before.sessions, Table.get(before.creators, id) ?? ("" as SessionId));
          const isUnjoined = room.participants.size === 0 && O.isNone(creator?.member ?? O.none);
          expect(isUnjoined || isHostGone || (room.participants.size > 0 && members.length === 0), id).toBe(true);
          continue;
        }
        expect(Table.entries(after.participants)).toEqual(
          Table.entries(room.participants).filter(([user]) => members.includes(user)),
        );
        const { name, description, createdAt, policy } = room;
        expect(after).toMatchObject({ name, description, createdAt, policy });
        // Whoever leaves takes a role along, or passes one on.
        if (members.length < room.participants.size) continue;
        expect([after.hostId, after.host]).toEqual([room.hostId, room.host]);
        const [door, was] = [Table.get(shared.doors, id), Table.get(before.doors, id)];
        if (was === undefined) continue;
        const { isLocked, cohosts } = was;
        expect(door).toMatchObject({ isLocked, cohosts });
        expect(O.isSome(door?.hostAwaitedUntil ?? O.none)).toBe(O.isSome(was.hostAwaitedUntil));
        const isInside = (user: UserId): boolean => Table.has(room.participants, user) || Table.has(was.knocks, user);
        expect(Table.entries(door?.barred ?? Table.empty())).toEqual(
          Table.entries(was.barred).filter(([user]) => !isInside(user)),
        );
        const waits = Table.values(was.knocks).filter(({ session }) =>
          O.isSome(Table.get(before.sessions, session)?.member ?? O.none),
        );
        const until = state.now + shared.settings.knockMs;
        expect(Table.values(door?.knocks ?? Table.empty())).toEqual(waits.map((knock) => ({ ...knock, until })));
      }
    }),
    { numRuns: 200 },
  );
});

test("law: whoever shows the ticket of before a restart goes on with the session, and is told with whom something may be missing", () => {
  fc.assert(
    fc.property(anyRunAndCut, fc.nat(40), ({ run, log, cut }, seen) => {
      const events = restarted(run, log, cut);
      const state = last(play(events));
      const away = Table.values(state.shared.sessions).find(({ member }) => O.isSome(member));
      fc.pre(away !== undefined && O.isSome(away.member));
      if (away === undefined || O.isNone(away.member)) return;
      const client = 900 as ClientId;
      const resume = { session: away.id, generation: away.generation };
      const connected = { ...greeted(client, "new", away.member.value, { resume, seen }), at: state.now };
      const [asked, effects] = reduce(state, connected);
      const entry = effects.find((effect) => effect.kind === "Append")?.entry;
      if (entry === undefined) throw new Error("nothing was appended");
      const moments = play(
        [{ kind: "Appended", at: state.now, seq: log.length + 2, node: "node-2" as NodeId, entry: kept(entry) }],
        asked,
      );
      const [welcome] = moments.flatMap(framesOf).map(({ text }) => JSON.parse(text));
      expect(welcome).toMatchObject({ type: "welcome", resumed: true });
      const others = new Set(
        away.seats.flatMap((seat) => {
          const [room = "", user] = seat.split("\n");
          const there = Table.get(state.shared.rooms, room as never)?.participants ?? Table.empty<UserId, unknown>();
          return Table.keys(there).filter((other) => other !== user);
        }),
      );
      expect(new Set(welcome.gap)).toEqual(others);
      const after = last(moments);
      expect(invariants(after)).toEqual([]);
      expect(Table.get(after.shared.sessions, away.id as SessionId)?.awayUntil).toEqual(O.none);
    }),
    { numRuns: 100 },
  );
});

test("law: what is not resumed after a restart ends by itself, and nothing is left", () => {
  fc.assert(
    fc.property(anyRunAndCut, ({ run, log, cut }) => {
      let state = last(play(restarted(run, log, cut)));
      let seq = log.length + 1;
      for (let ticks = 0; ticks < 500; ticks += 1) {
        const deadline = nextDeadline(state);
        if (O.isNone(deadline)) break;
        const [asked, effects] = reduce(state, { kind: "ClockTicked", at: deadline.value });
        state = asked;
        for (const effect of effects)
          if (effect.kind === "Append") {
            seq += 1;
            const { entry } = effect;
            [state] = reduce(state, { kind: "Appended", at: deadline.value, seq, node: "node-2" as NodeId, entry });
          }
      }
      expect(state.shared.sessions.size + state.shared.rooms.size + state.shared.due.size).toBe(0);
    }),
    { numRuns: 100 },
  );
});
