import { isFinalClose, type Request, type ServerFrame, type Welcome } from "../../core/dialect/v1/wire.js";
import type { RoomId, SessionId, UserId } from "../../core/index.js";
import { change, type KnownRoom, known } from "../support/v1-client.js";
import { type Client, type ClientWorld, wire } from "./client.js";
import type { Random } from "./random.js";

type Unnumbered = Request extends infer R ? (R extends Request ? Omit<R, "id" | "seen"> : never) : never;

/** What a member knows from its frames alone. */
export interface Known {
  readonly session: SessionId | undefined;
  readonly user: UserId | undefined;
  readonly isWelcome: boolean;
  readonly rooms: ReadonlyMap<RoomId, KnownRoom>;
  readonly waiting: ReadonlySet<RoomId>;
  /** Undefined while it does not watch. */
  readonly directory: ReadonlyMap<RoomId, unknown> | undefined;
  readonly unanswered: number;
}

export interface Member extends Client {
  readonly known: () => Known;
  readonly ticket: () => string | undefined;
}

/** Most of it happens in the first. */
const likely = ["a", "a", "a", "b", "c"] as ReadonlyArray<string> as ReadonlyArray<RoomId>;
const users = (room: KnownRoom | undefined, self: UserId | undefined): ReadonlyArray<UserId> =>
  room === undefined ? [] : room.participants.map(({ user }) => user).filter((user) => user !== self);

/** A client that follows docs/PROTOCOL-V1.md, and says what it is told that it should not be. */
export const v1Member = (name: string, world: ClientWorld): Member => {
  const { chance, schedule } = world;
  const fail = (sentence: string): void => world.fail(`${name}: ${sentence}`);

  let welcome: Welcome | undefined;
  let isWelcome = false;
  let [lastId, lastN, acked, mayJump, said] = [0, 0, 0, false, 0];
  /** Answers to requests up to this one may be gone. */
  let excused = 0;
  let heardMessages = new Map<string, number>();
  let unanswered = new Map<number, Request>();
  let rooms = new Map<RoomId, KnownRoom>();
  let waiting = new Set<RoomId>();
  let isWatching = false;
  let directory: Map<RoomId, unknown> | undefined;
  let negotiations = new Map<string, number>();
  /** The rooms that it ever asked to join: what was kept for it may be of one that it has left since. */
  const visited = new Set<RoomId>();
  /** Everybody who was in a room with it. */
  const met = new Set<UserId>();
  const knocking = new Map<RoomId, Set<UserId>>();
  let home: RoomId | undefined;
  /** Its goodbye was answered. */
  let isGone = false;

  const numbered = (request: Unnumbered): Request => {
    lastId += 1;
    const asked = { ...request, id: lastId } as Request;
    if (asked.type === "join") visited.add(asked.room);
    unanswered.set(lastId, asked);
    acked = lastN;
    return { ...asked, seen: lastN };
  };
  const ask = (request: Unnumbered): void => {
    if (isWelcome && !isLeaving()) line.say(numbered(request));
  };

  /** It has said goodbye, and does not know yet whether it was heard. */
  const isLeaving = (): boolean => [...unanswered.values()].some(({ type }) => type === "bye");

  const begin = (now: Welcome): void => {
    const before = isLeaving() || isGone ? [] : [...rooms.keys()];
    isGone = false;
    if (now.resumed) {
      if (now.session !== welcome?.session) fail("a session is resumed that is another one");
      if (now.heard > lastId) fail(`${now.heard} is heard, and ${lastId} was said`);
    } else {
      [lastId, lastN, excused, heardMessages] = [0, 0, 0, new Map()];
      unanswered = new Map();
      negotiations = new Map();
      if (now.heard !== 0 || now.rooms.length > 0) fail("a new session is not empty");
    }
    if (welcome !== undefined && now.user !== welcome.user) fail(`it is ${now.user} now, and was ${welcome.user}`);
    mayJump = now.gap !== undefined;
    rooms = new Map(now.rooms.map((room) => [room.id, known(room)]));
    waiting = new Set(now.waiting.map(({ id }) => id));
    welcome = now;
    isWelcome = true;
    if (mayJump) excused = now.heard;
    for (const [id, request] of unanswered) if (id > now.heard) line.say({ ...request, seen: lastN });
    directory = undefined;
    if (isWatching) watch();
    if (!now.resumed) for (const room of before) ask({ type: "join", room, create: {} });
  };

  const number = (n: number): void => {
    if (n <= lastN) fail(`frame ${n} comes again`);
    if (n > lastN + 1 && !mayJump) fail(`frame ${n} comes after ${lastN}`);
    mayJump = false;
    lastN = n;
  };

  const answered = (frame: Extract<ServerFrame, { type: "result" | "error" }>): void => {
    const { id } = frame;
    const request = id === undefined ? undefined : unanswered.get(id);
    if (id === undefined || request === undefined) return fail(`an answer to no request: ${JSON.stringify(frame)}`);
    for (const earlier of unanswered.keys()) {
      if (earlier < id && earlier > excused) fail(`request ${id} is answered before request ${earlier}`);
      if (earlier <= id) unanswered.delete(earlier);
    }
    if (frame.type === "error") return refused(request, frame);
    switch (request.type) {
      case "join":
      case "roster":
        if (frame.room !== undefined) {
          rooms.set(frame.room.id, known(frame.room));
          waiting.delete(frame.room.id);
        }
        if (frame.waiting !== undefined) waiting.add(frame.waiting.id);
        return;
      case "leave":
        return forget(request.room);
      case "withdraw":
        waiting.delete(request.room);
        return;
      case "directory":
        directory = request.watch ? new Map((frame.rooms ?? []).map((room) => [room.id, room])) : undefined;
        return;
      case "bye":
        isGone = true;
        return;
      default:
        return;
    }
  };

  const refused = (request: Request, { code, retryAfterMs = 500 }: Extract<ServerFrame, { type: "error" }>): void => {
    if (code === "invalid-message") fail(`${JSON.stringify(request)} is refused as invalid`);
    if (code === "too-many-rooms" && home !== undefined)
      for (const room of rooms.keys()) if (room !== home) ask({ type: "leave", room });
    if (code === "rate-limited" && request.type === "directory") schedule.later(watch, retryAfterMs);
    if (code === "rate-limited" && (request.type === "join" || request.type === "roster" || request.type === "leave"))
      schedule.later(() => ask(request), retryAfterMs);
  };

  const watch = (): void => ask({ type: "directory", watch: isWatching });

  const forget = (room: RoomId): void => {
    rooms.delete(room);
    knocking.delete(room);
    for (const pair of negotiations.keys()) if (pair.startsWith(`${room} `)) negotiations.delete(pair);
  };

  const roster = (frame: Extract<ServerFrame, { type: "roster" }>): void => {
    const room = rooms.get(frame.room);
    if (room === undefined) return fail(`the roster of ${frame.room}, which it is not in`);
    if (frame.to <= room.version) return;
    if (frame.from !== room.version)
      return fail(`the roster of ${frame.room} goes on from ${frame.from}, after ${room.version}`);
    if (frame.to - frame.from !== frame.changes.length)
      fail(`${frame.changes.length} changes from ${frame.from} to ${frame.to}`);
    for (const next of frame.changes) {
      change(room, next);
      if (next.change === "joined") met.add(next.user);
      if ("user" in next && ["left", "lost", "removed", "banned"].includes(next.change))
        negotiations.delete(`${frame.room} ${next.user}`);
    }
    room.version = frame.to;
  };

  /** Of one sender and one room, each once and in order. */
  const message = ({ room, from, to, data }: Extract<ServerFrame, { type: "message" }>): void => {
    const {
      k = 0,
      by,
      in: where,
    } = (data ?? {}) as { readonly k?: number; readonly by?: string; readonly in?: string };
    if (by === undefined) return;
    if (from === welcome?.user) fail(`its own message comes back from ${room}`);
    if (by !== from || where !== room) fail(`a message of ${by} in ${where} comes from ${from} in ${room}`);
    if (to !== undefined && to !== welcome?.user) fail(`a message for ${to} comes`);
    if (!visited.has(room)) fail(`a message comes from ${room}, which it never joined`);
    if (k <= (heardMessages.get(from) ?? 0)) fail(`message ${k} of ${from} comes after ${heardMessages.get(from)}`);
    heardMessages.set(from, k);
  };
  const hear = (text: string): void => {
    const frame = JSON.parse(text) as ServerFrame;
    if (frame.type === "welcome") return begin(frame);
    if (frame.type === "error" && frame.n === 0) return fail(`its hello is refused: ${text}`);
    if (!isWelcome) return fail(`${frame.type} comes before the welcome`);
    if ("n" in frame) number(frame.n);
    switch (frame.type) {
      case "result":
      case "error":
        return answered(frame);
      case "left":
        return forget(frame.room);
      case "roster":
        return roster(frame);
      case "message":
        return message(frame);
      case "signal":
        if (frame.from === welcome?.user) fail("its own signal comes back");
        note(frame.room, frame.from, frame.negotiation);
        if (frame.kind === "offer" && chance.often(0.7))
          ask({
            type: "signal",
            room: frame.room,
            to: frame.from,
            kind: "answer",
            negotiation: frame.negotiation,
            data: { k: 0 },
          });
        return;
      case "admitted":
        return ask({ type: "join", room: frame.room });
      case "denied":
        waiting.delete(frame.room);
        return;
      case "knock": {
        const there = knocking.get(frame.room) ?? new Set();
        knocking.set(frame.room, there.add(frame.user));
        return;
      }
      case "knock-ended":
        knocking.get(frame.room)?.delete(frame.user);
        return;
      case "directory":
        for (const room of frame.changed) directory?.set(room.id, room);
        for (const id of frame.gone) directory?.delete(id);
        return;
      default:
        return;
    }
  };

  const note = (room: RoomId, user: UserId, negotiation: number): void => {
    const pair = `${room} ${user}`;
    negotiations.set(pair, Math.max(negotiations.get(pair) ?? 0, negotiation));
  };

  const line = wire(world, "signalbox.v1", {
    opened: () => {
      const resume = welcome === undefined ? {} : { ticket: welcome.ticket, seen: lastN };
      line.say({ type: "hello", id: 1, name, ...resume });
    },
    hear,
    closed: () => {
      isWelcome = false;
    },
    ask: () => ask({ type: "ping" }),
    isFinal: isFinalClose,
  });

  const say = (room: RoomId, to: UserId | undefined, chars = 0): void => {
    said += 1;
    const data = { k: said, by: welcome?.user, in: room, ...(chars > 0 ? { pad: "x".repeat(chars) } : {}) };
    ask({ type: "message", room, data, ...(to === undefined ? {} : { to }) });
  };

  const policyOf = (draw: Random) => ({
    listed: draw.often(0.8),
    lobby: draw.often(0.35),
    capacity: draw.one([2, 3, 8, 8]),
    withoutHost: draw.one(["promote", "open", "lock", "close"] as const),
  });

  const act = (draw: Random): void => {
    if (!isWelcome || isGone) return;
    const doors = [...waiting];
    if (doors.length > 0 && met.size > 0 && draw.often(0.3)) return say(draw.one(doors), draw.one([...met]));
    const mine = [...rooms.keys()];
    const room = mine.length > 0 ? draw.one(mine) : draw.one(likely);
    const others = users(rooms.get(room), welcome?.user);
    const knocks = [...(knocking.get(room) ?? [])];
    const somebody =
      others.length > 0 && draw.often(0.8) ? draw.one(others) : knocks.length > 0 ? draw.one(knocks) : undefined;
    const anybody = met.size > 0 && draw.often(0.4) ? draw.one([...met]) : somebody;
    const n = draw.below(100);
    if (mine.length === 0 && n < 70) {
      const wanted = draw.one(likely);
      return ask({ type: "join", room: wanted, ...(draw.often(0.8) ? { create: { policy: policyOf(draw) } } : {}) });
    }
    if (n < 22) return say(room, undefined);
    if (n < 30) for (let i = 0; i < 5; i++) say(room, draw.often(0.3) ? somebody : undefined, draw.below(12));
    else if (n < 36) say(room, somebody);
    else if (n < 50 && somebody !== undefined) {
      const next = (negotiations.get(`${room} ${somebody}`) ?? 0) + (draw.often(0.9) ? 1 : 0);
      note(room, somebody, next);
      const kind = draw.one(["offer", "offer", "candidate", "end"] as const);
      ask({ type: "signal", room, to: somebody, kind, negotiation: next, data: { k: draw.below(9) } });
    } else if (n < 60) {
      ask({
        type: "join",
        room: draw.one(likely),
        ...(draw.often(0.6) ? { create: { policy: policyOf(draw) } } : {}),
      });
    } else if (n < 66) ask({ type: "leave", room });
    else if (n < 72 && knocks.length > 0)
      ask({ type: draw.one(["admit", "admit", "deny"] as const), room, user: draw.one(knocks) });
    else if (n < 73) ask({ type: "lock", room, locked: draw.often(0.4) });
    else if (n < 78 && anybody !== undefined)
      ask({ type: "remove", room, user: anybody, ...(draw.often(0.6) ? { banMs: draw.one([0, 500, 20_000]) } : {}) });
    else if (n < 79 && anybody !== undefined) ask({ type: "unban", room, user: anybody });
    else if (n < 84 && somebody !== undefined)
      ask({ type: "role", room, user: somebody, role: draw.one(["host", "cohost", "cohost", "participant"] as const) });
    else if (n < 86) {
      isWatching = draw.often(0.7);
      watch();
    } else if (n < 87) ask({ type: "roster", room });
    else if (n < 88) ask({ type: "close", room });
    else if (n < 89) ask({ type: "withdraw", room: draw.one(likely) });
    else if (n < 91) ask({ type: "create", room: draw.one(likely), policy: policyOf(draw) });
    else if (n < 93) line.away(draw.between(2_500, 9_000));
    else if (n < 94) line.again();
    // It says on the old socket what it says again on the new one: only one of them is heard.
    else if (n < 96) line.again(isLeaving() ? undefined : numbered({ type: "leave", room }));
    else if (n < 97) ask({ type: "bye" });
    else if (acked < lastN) {
      acked = lastN;
      line.say({ type: "ack", seen: lastN });
    }
  };

  const open = (): number => [...unanswered.keys()].filter((id) => id > excused).length;

  const comeHome = (): void => {
    if (home === undefined) return;
    if (isWelcome && !rooms.has(home) && open() === 0) ask({ type: "join", room: home, create: {} });
    schedule.later(comeHome, 1_000);
  };

  return {
    name,
    start: line.start,
    act,
    link: line.link,
    settle: (room) => {
      home = room as RoomId;
      comeHome();
    },
    stop: () => {
      home = undefined;
      line.end(1000);
    },
    ticket: () => welcome?.ticket,
    known: () => ({
      session: welcome?.session,
      user: welcome?.user,
      isWelcome,
      rooms,
      waiting,
      directory,
      unanswered: open(),
    }),
  };
};
