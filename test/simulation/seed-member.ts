import type { ListedRoom } from "../../core/index.js";
import { type Client, type ClientWorld, wire } from "./client.js";
import type { Random } from "./random.js";

export interface SeedMember extends Client {
  readonly user: string;
  readonly known: () => {
    readonly isOpen: boolean;
    readonly rooms: ReadonlyArray<ListedRoom> | undefined;
    readonly count: number | undefined;
    /** The rooms that it means to be in. */
    readonly wanted: ReadonlySet<string>;
  };
}

const roomsChannel = "webrtc-dashboard-rooms";
const signaling = "webrtc-signaling";
const chat = "webrtc-dashboard-chat";

/** A client that follows docs/PROTOCOL.md. */
export const seedMember = (name: string, world: ClientWorld): SeedMember => {
  const { schedule } = world;
  const user = name;
  const fail = (sentence: string): void => world.fail(`${name}: ${sentence}`);
  let rooms: ReadonlyArray<ListedRoom> | undefined;
  let count: number | undefined;
  let [said, sockets, home] = [0, 0, undefined as string | undefined];
  const wanted = new Set<string>();
  const subscribed = new Set<string>();
  let heard = new Map<string, number>();

  const subscribe = (channel: string): void => {
    subscribed.add(channel);
    line.say({ type: "subscribe", channel });
  };
  const join = (roomId: string): void => {
    wanted.add(roomId);
    line.say({ type: "user-joined-room", channel: roomsChannel, data: { roomId, userId: user, userName: user } });
  };
  const leave = (roomId: string): void => {
    wanted.delete(roomId);
    line.say({ type: "user-left-room", channel: roomsChannel, data: { roomId, userId: user } });
  };
  const create = (id: string): void =>
    line.say({ type: "room-created", channel: roomsChannel, data: { id, name: id, host: user } });
  const publish = (channel: string, type: string, to: string | undefined, extra: object = {}): void => {
    said += 1;
    const data = {
      fromUserId: user,
      ...(to === undefined ? {} : { toUserId: to }),
      k: said,
      by: `${user}/${sockets}`,
      on: channel,
      ...extra,
    };
    line.say({ type, channel, data });
  };

  /** Of one socket, each once and in order. */
  const relay = (channel: string, data: Record<string, unknown>): void => {
    const { by, k, on } = data;
    if (typeof k !== "number" || typeof by !== "string" || typeof on !== "string") return;
    if (by === `${user}/${sockets}`) fail("its own message comes back");
    if (on !== channel || !subscribed.has(channel)) fail(`a message of ${on} comes on ${channel}`);
    if (k <= (heard.get(by) ?? 0)) fail(`message ${k} of ${by} comes after ${heard.get(by)}`);
    heard.set(by, k);
  };

  const hear = (text: string): void => {
    const frame = JSON.parse(text);
    switch (frame.type) {
      case "server-room-list":
        rooms = frame.rooms;
        return;
      case "client_count":
        count = frame.count;
        return;
      case "error":
        if (frame.code === "invalid-message") fail(`it is refused: ${text}`);
        if (frame.code === "room-not-found" && home !== undefined) create(home);
        if (frame.code === "too-many-rooms" && home !== undefined)
          for (const room of wanted) if (room !== home) leave(room);
        return;
      case "pong":
      case "echo":
        return;
      default:
        relay(frame.channel, frame.data ?? {});
    }
  };

  const line = wire(world, "seed", {
    opened: () => {
      heard = new Map();
      sockets += 1;
      rooms = undefined;
      for (const channel of [roomsChannel, signaling, chat]) subscribe(channel);
      for (const room of wanted) join(room);
      line.say({ type: "room-list-request" });
    },
    hear,
    closed: () => {
      subscribed.clear();
    },
    ask: () => line.say({ type: "ping" }),
    isFinal: () => false,
  });

  const act = (draw: Random): void => {
    if (!line.isOpen()) return;
    const listed = rooms ?? [];
    const room = draw.one(["a", "b", "s", "t"]);
    const others = listed.flatMap(({ participants }) => participants.map(({ id }) => String(id)));
    const somebody = others.length > 0 ? draw.one(others) : undefined;
    const n = draw.below(100);
    if (n < 15) {
      create(room);
      join(room);
    } else if (n < 30) join(room);
    else if (n < 40) {
      const mine = [...wanted];
      if (mine.length === 0) return;
      leave(draw.one(mine));
    } else if (n < 60) publish(chat, "chat-message", undefined, { text: "hello" });
    else if (n < 75 && somebody !== undefined && somebody !== user) {
      const type = draw.one(["webrtc-offer", "webrtc-answer", "webrtc-ice", "call-ended"]);
      publish(signaling, type, somebody, { roomId: room, offer: { sdp: "o" } });
    } else if (n < 82) line.say({ type: "room-list-request" });
    else if (n < 84) line.say({ type: "ping" });
    else if (n < 87) line.say({ type: "room-created", channel: roomsChannel, data: { id: room, name: `new ${n}` } });
    else if (n < 90) line.again();
    else if (n < 92) {
      subscribed.delete(chat);
      line.say({ type: "unsubscribe", channel: chat });
      subscribe(chat);
    } else
      for (let i = 0; i < 6; i++) publish(chat, "chat-message", undefined, { text: "x".repeat(draw.below(1_200)) });
  };

  const comeHome = (): void => {
    if (home === undefined) return;
    const there = rooms?.find(({ id }) => id === home);
    if (line.isOpen() && !there?.participants.some(({ id }) => id === user)) join(home);
    schedule.later(comeHome, 1_000);
  };

  return {
    name,
    user,
    start: line.start,
    act,
    link: line.link,
    settle: (room) => {
      home = room;
      comeHome();
    },
    stop: () => {
      home = undefined;
      line.end(1000);
    },
    known: () => ({ isOpen: line.isOpen(), rooms, count, wanted }),
  };
};
