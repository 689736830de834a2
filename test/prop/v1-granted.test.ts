import fc from "fast-check";
import * as O from "fp-ts/lib/Option.js";
import { expect, test } from "vitest";
import { roomRoles } from "../../core/base/room.js";
import * as Table from "../../core/base/table.js";
import {
  abilities,
  type ClientId,
  defaultGrants,
  defaultSettings,
  type Event,
  type Fact,
  type Grants,
  invariants,
  type Millis,
  type Moment,
  type RoomId,
  type State,
  type UserId,
} from "../../core/index.js";
import { roleOf } from "../../core/shared/roles.js";
import { greeted } from "../support/v1-world.js";
import { play } from "../support/world.js";

/* Rooms whose users have tokens with a role. */

const room = "r" as RoomId;
const users = ["ann", "bob", "cy", "dan"] as ReadonlyArray<string> as ReadonlyArray<UserId>;
const settings = { ...defaultSettings, sessionGraceMs: 100, hostReclaimMs: 200 };

const anyAct = fc.record({
  act: fc.constantFrom("join", "join", "join", "leave", "drop", "come", "come", "give role", "remove", "unban", "tick"),
  who: fc.nat(users.length - 1),
  whom: fc.nat(users.length - 1),
  role: fc.constantFrom(...roomRoles),
});

type Act = Parameters<Parameters<typeof anyAct.map>[0]>[0];

const anyRun = fc.record({
  /** Of the tokens of the users, in their order. */
  roles: fc.tuple(...users.map(() => fc.constantFrom(...roomRoles))),
  lobby: fc.boolean(),
  withoutHost: fc.constantFrom("promote" as const, "open" as const, "lock" as const),
  acts: fc.array(anyAct, { minLength: 10, maxLength: 60, size: "max" }),
});

/** Each act is by the latest client of its user. */
const eventsOf = ({ roles, lobby, withoutHost, acts }: Parameters<Parameters<typeof anyRun.map>[0]>[0]) => {
  const clients = users.map(() => 0);
  let last = 0;
  let at = 1_000;
  const come = (who: number): Event => {
    last += 1;
    clients[who] = last;
    const user = users[who] as UserId;
    const token = { grants: { ...defaultGrants, role: roles[who] ?? "participant" }, expiresAt: 9_000_000 as Millis };
    return { ...greeted(last as ClientId, `s${last}`, { user, name: user }), at: at as Millis, token };
  };
  const eventOf = ({ act, who, whom, role }: Act, i: number): object => {
    const user = users[who];
    const asked = { client: clients[who], id: i + 2, roomId: room };
    const policy = { listed: true, lobby, capacity: 100, withoutHost };
    switch (act) {
      case "come":
        return come(who);
      case "join": {
        const create = { room: { id: room, name: "R", hostId: user, host: user }, policy };
        return { ...asked, kind: "JoinRequested", userId: user, userName: user, create, text: "" };
      }
      case "leave":
        return { ...asked, kind: "LeaveRequested", userId: user, text: "" };
      case "drop":
        return { kind: "ClientDisconnected", client: asked.client, code: 1006 };
      case "give role":
        return { ...asked, kind: "RoleRequested", userId: users[whom], role };
      case "remove":
        return { ...asked, kind: "RemoveRequested", userId: users[whom], banMs: 0 };
      case "unban":
        return { ...asked, kind: "UnbanRequested", userId: users[whom] };
      case "tick":
        return { kind: "ClockTicked" };
    }
  };
  const first = users.map((_, who) => come(who));
  const rest = acts.map((act, i) => {
    at += act.act === "tick" ? 60 : 1;
    return { at, ...eventOf(act, i) } as Event;
  });
  return [{ kind: "ServerStarted", at: 1_000 as Millis, settings } as const, ...first, ...rest];
};

/** Bob asks to join, after whatever has happened. */
const answerTo = (events: ReadonlyArray<Event>, can: Grants["can"], more: object): string | undefined => {
  const at = 2_000 as Millis;
  const user = "bob" as UserId;
  const token = { grants: { ...defaultGrants, can }, expiresAt: 9_000_000 as Millis };
  const come: Event = { ...greeted(99 as ClientId, "s99", { user, name: user }), at, token };
  const join = { kind: "JoinRequested", at, client: 99, id: 2, roomId: room, userId: user, userName: user, text: "" };
  // Ids are plain texts here, and have types of their own in an event.
  const moment = play([...events, come, { ...join, ...more } as unknown as Event]).at(-1);
  const refused = moment && factsOf(moment).find((fact) => fact.kind === "RequestRefused");
  return refused?.kind === "RequestRefused" ? refused.refusal.code : undefined;
};

test("law: to offer to create a room changes nothing for whoever may not create it", () => {
  const codes = new Set<string | undefined>();
  fc.assert(
    fc.property(anyRun, fc.subarray(abilities.filter((one) => one !== "create")), (run, can) => {
      const events = eventsOf(run).filter((event) => !("client" in event) || event.client !== 2);
      const policy = { listed: true, lobby: false, capacity: 100, withoutHost: "promote" };
      const create = { room: { id: room, name: "R", hostId: "bob", host: "bob" }, policy };
      const answer = answerTo(events, can, { create });
      codes.add(answer);
      expect(answer).toBe(answerTo(events, can, {}));
    }),
    { numRuns: 200 },
  );
  expect([...codes]).toEqual(expect.arrayContaining([undefined, "room-not-found", "not-allowed"]));
});

const roomIn = ({ shared }: State) => Table.get(shared.rooms, room);

/** The host, if they are in the room. */
const hostThere = (state: State): UserId | undefined => {
  const there = roomIn(state);
  const host = there && O.toUndefined(there.hostId);
  return there !== undefined && host !== undefined && Table.has(there.participants, host) ? host : undefined;
};

const factsOf = ({ effects }: Moment): ReadonlyArray<Fact> =>
  effects.flatMap((effect) => (effect.kind === "Report" ? [effect.fact] : []));

const joinedIn = (moment: Moment): UserId | undefined => {
  const joined = factsOf(moment).find((fact) => fact.kind === "ParticipantJoined");
  return joined?.kind === "ParticipantJoined" ? joined.user : undefined;
};

test("law: whoever comes in with a token is what the token says, or more; a host by token gives way to no newcomer, and any other host to a host by token", () => {
  const seen = { taken: 0, beside: 0 };
  fc.assert(
    fc.property(anyRun, (run) => {
      const roleIn = (user: UserId) => run.roles[users.indexOf(user)];
      for (const moment of play(eventsOf(run))) {
        const { before, after } = moment;
        expect(invariants(after)).toEqual([]);
        const user = joinedIn(moment);
        const there = roomIn(after);
        if (user === undefined || there === undefined) continue;
        const [was, is] = [hostThere(before), hostThere(after)];
        const role = roleOf(after.shared, there, user);
        if (roleIn(user) === "cohost") expect(role).not.toBe("participant");
        if (was !== undefined && roleIn(was) === "host") expect(is).toBe(was);
        if (roleIn(user) !== "host") {
          if (was !== undefined) expect(is).toBe(was);
          continue;
        }
        const isBeside = was !== undefined && roleIn(was) === "host";
        expect(role).toBe(isBeside ? "cohost" : "host");
        if (was !== undefined) expect(roleOf(after.shared, there, was)).toBe(isBeside ? "host" : "cohost");
        seen[isBeside ? "beside" : "taken"] += was === undefined ? 0 : 1;
      }
    }),
    { numRuns: 300 },
  );
  expect(Math.min(seen.taken, seen.beside)).toBeGreaterThan(10);
});

test("law: when the host is gone, a co-host who is host by token is the next, before all others", () => {
  let succeeded = 0;
  fc.assert(
    fc.property(anyRun, (run) => {
      for (const moment of play(eventsOf(run))) {
        const { before, after, event } = moment;
        const [was, is] = [hostThere(before), hostThere(after)];
        const there = roomIn(after);
        const isOver = is !== undefined && is !== was && joinedIn(moment) === undefined;
        if (there === undefined || !isOver || event.kind === "RoleRequested") continue;
        const able = users.filter(
          (user, i) =>
            run.roles[i] === "host" &&
            Table.has(there.participants, user) &&
            (user === is || roleOf(after.shared, there, user) === "cohost"),
        );
        if (able.length === 0) continue;
        succeeded += 1;
        expect(able).toContain(is);
      }
    }),
    { numRuns: 1_000 },
  );
  expect(succeeded).toBeGreaterThan(10);
});
