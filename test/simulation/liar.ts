import { type Client, type ClientWorld, wire } from "./client.js";
import type { Random } from "./random.js";

/** A client that says what it likes, in either protocol: other people's names, numbers that it was never given, and rubbish. */
export const liar = (
  name: string,
  dialect: "seed" | "signalbox.v1",
  world: ClientWorld,
  stolen: () => ReadonlyArray<string>,
): Client => {
  const { chance } = world;
  let [id, isGreeted] = [1, false];
  /** All tickets that it ever got. */
  const own: string[] = [];
  let isTampered = false;
  const frames: string[] = [];
  const users: string[] = ["seed-0", "seed-1", "nobody"];

  const nextId = (): number => {
    id += 1;
    return id;
  };

  const tampered = (): string | undefined => {
    const tickets = stolen();
    if (tickets.length === 0) return undefined;
    const ticket = chance.one(tickets);
    const [body = "", mac = ""] = ticket.split(".");
    return chance.often(0.5) ? `${body}.${mac.slice(0, -2)}AA` : `${body.slice(0, -1)}.${mac}`;
  };
  const line = wire(world, dialect, {
    opened: () => {
      isGreeted = true;
      if (dialect === "seed") {
        for (const channel of ["webrtc-dashboard-rooms", "webrtc-signaling"]) line.say({ type: "subscribe", channel });
        return;
      }
      const isOwn = own.length > 0 && chance.often(0.6);
      const ticket = isOwn ? chance.one(own) : tampered();
      isTampered = !isOwn && ticket !== undefined;
      id = 1;
      line.say({ type: "hello", id: 1, name, ...(ticket === undefined ? {} : { ticket, seen: chance.below(50) }) });
    },
    hear: (text) => {
      frames.push(text);
      const { user, ticket, resumed, rooms = [], participants = [] } = JSON.parse(text);
      if (typeof ticket === "string") own.push(ticket);
      if (resumed === true && isTampered) world.fail(`${name}: a ticket that was tampered with is good`);
      for (const one of [user, ...[...rooms, { participants }].flatMap((room) => room.participants ?? [])])
        if (typeof one === "string") users.push(one);
        else if (typeof (one?.user ?? one?.id) === "string") users.push(one.user ?? one.id);
    },
    closed: () => {
      isGreeted = false;
    },
    ask: () => line.say({ type: "ping", id: nextId() }),
    isFinal: () => false,
  });

  const v1Lie = (draw: Random): object | string | undefined => {
    const room = draw.one(["a", "b", "c", "zz", "", "constructor"]);
    const user = draw.one(users);
    const n = draw.often(0.8) ? nextId() : draw.one([id, 0, -1, 1.5, 10_000]);
    const seen = draw.one([undefined, 0, 3, 100_000, -1]);
    const asked = { id: n, ...(seen === undefined ? {} : { seen }) };
    return draw.one<() => object | string | undefined>([
      () => ({ type: "join", room, ...asked }),
      () => ({
        type: "join",
        room,
        create: { policy: { lobby: draw.often(0.5), capacity: draw.one([0, 1, 5]) } },
        ...asked,
      }),
      () => ({ type: "leave", room, ...asked }),
      () => ({ type: draw.one(["admit", "deny", "remove", "unban"]), room, user, ...asked }),
      () => ({ type: "role", room, user, role: draw.one(["host", "cohost", "owner"]), ...asked }),
      () => ({ type: draw.one(["close", "roster", "withdraw"]), room, ...asked }),
      () => ({ type: "lock", room, locked: true, ...asked }),
      () => ({ type: "message", room, to: user, data: "m".repeat(draw.below(80)), ...asked }),
      () => ({ type: "message", room, data: null, ...asked }),
      () => ({ type: "signal", room, to: user, kind: "offer", negotiation: draw.below(5), data: {}, ...asked }),
      () => ({ type: "signal", room, to: user, kind: "answer", negotiation: 3, ...asked }),
      () => ({ type: "directory", watch: true, ...asked }),
      () => ({ type: "ack", seen: draw.below(1_000) }),
      () => ({ type: "hello", id: 1 }),
      () => ({ type: "renew", token: "t", ...asked }),
      () => ({ type: "bye", ...asked }),
      () => "[".repeat(draw.below(60)),
      () => undefined,
      () => (frames.length > 0 ? draw.one(frames) : "{}"),
    ])();
  };

  const seedLie = (draw: Random): object | string | undefined => {
    const room = draw.one(["a", "b", "s", "t", "", "constructor"]);
    const user = draw.one(users);
    const channel = draw.one(["webrtc-dashboard-rooms", "webrtc-signaling", "webrtc-dashboard-chat", undefined]);
    return draw.one<() => object | string | undefined>([
      () => ({ type: "user-joined-room", channel, data: { roomId: room, userId: user, userName: "x" } }),
      () => ({ type: "user-left-room", channel, data: { roomId: room, userId: user } }),
      () => ({ type: "room-created", channel, data: { id: room, name: "x", hostId: user } }),
      () => ({ type: "server-room-list", channel, rooms: [] }),
      () => ({ type: "webrtc-offer", channel, data: { roomId: room, fromUserId: user, toUserId: draw.one(users) } }),
      () => ({ type: "subscribe", channel: draw.one(["x", "y", "z", "webrtc-dashboard-rooms"]) }),
      () => ({ type: "unsubscribe", channel: draw.one(["x", "y", "webrtc-dashboard-rooms"]) }),
      () => ({ type: "room-list-request", channel }),
      () => ({ type: 7 }),
      () => "hello",
      () => undefined,
    ])();
  };

  return {
    name,
    start: line.start,
    act: (draw) => {
      if (!isGreeted) return;
      if (draw.often(0.15)) return line.again();
      for (let i = draw.below(4); i >= 0; i--) line.say(dialect === "seed" ? seedLie(draw) : v1Lie(draw));
    },
    link: line.link,
    settle: () => line.end(1000),
    stop: () => line.end(1000),
  };
};
