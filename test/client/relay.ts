import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { closeCodes, subprotocol } from "../../core/dialect/v1/wire.js";

/*
 * A server that speaks `signalbox.v1` as far as these tests need it: sessions that are resumed, rooms, a lobby, signals. It decides
 * nothing that the real one does not decide too; what it refuses, a test asks it to refuse.
 */

// biome-ignore lint/suspicious/noExplicitAny: frames as they come
type Frame = any;

interface Session {
  readonly user: string;
  readonly name: string;
  ticket: string;
  socket: WebSocket | undefined;
  n: number;
  heard: number;
  kept: Frame[];
}

interface Room {
  readonly id: string;
  version: number;
  lobby: boolean;
  readonly inside: Map<string, Session>;
  readonly waiting: Map<string, Session>;
  readonly admitted: Set<string>;
}

export interface Relay {
  readonly url: string;
  readonly sessions: ReadonlyArray<Session>;
  /** Every frame that came, in order. */
  readonly frames: Frame[];
  /** What to do instead of dealing with a frame: answer something else, or nothing. */
  readonly intercept: Array<(frame: Frame, session: Session) => Frame | "nothing" | undefined>;
  /** Members that go into each welcome. */
  readonly welcome: Frame;
  readonly send: (session: Session, frame: Frame) => void;
  readonly of: (user: string) => Session;
  readonly cut: (user: string) => void;
  readonly forget: () => void;
}

let names = 0;

export const relay = async ({
  refuse = (_: Frame): Frame | undefined => undefined,
  closeCode = closeCodes.refused as number,
} = {}): Promise<Relay> => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => subprotocol });
  await once(server, "listening");
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  const sessions: Session[] = [];
  const rooms = new Map<string, Room>();
  const frames: Frame[] = [];
  const intercept: Relay["intercept"] = [];
  const welcome: Frame = {};

  const send: Relay["send"] = (session, frame) => session.socket?.send(JSON.stringify(frame));
  const numbered = (session: Session, frame: Frame): void => {
    const full = { ...frame, n: ++session.n };
    session.kept.push(full);
    send(session, full);
  };
  const stateOf = ({ id, version, lobby, inside, waiting }: Room): Frame => ({
    id,
    name: id,
    version,
    policy: { listed: true, lobby, capacity: 10, withoutHost: "open" },
    locked: false,
    participants: [...inside.values()].map(({ user, name, socket }, at) => ({
      user,
      name,
      role: at === 0 ? "host" : "participant",
      ...(socket ? {} : { awayUntil: 9e12 }),
    })),
    waiting: [...waiting.values()].map(({ user, name }) => ({ user, name })),
  });
  const changed = (room: Room, change: Frame): void => {
    const from = room.version++;
    for (const session of room.inside.values())
      send(session, { type: "roster", room: room.id, from, to: room.version, changes: [change] });
  };
  const roomOf = (id: string, lobby = false): Room => {
    const room = rooms.get(id) ?? { id, version: 0, lobby, inside: new Map(), waiting: new Map(), admitted: new Set() };
    rooms.set(id, room);
    return room;
  };

  const join = (session: Session, frame: Frame): Frame => {
    if (!rooms.has(frame.room) && !frame.create) return { type: "error", code: "room-not-found", message: "No room." };
    const room = roomOf(frame.room, frame.create?.policy?.lobby);
    const { user, name } = session;
    if (room.lobby && room.inside.size > 0 && !room.admitted.has(user)) {
      room.waiting.set(user, session);
      for (const host of room.inside.values()) send(host, { type: "knock", room: room.id, user, name });
      return { type: "result", waiting: { id: room.id, name: room.id, state: "knocking" } };
    }
    changed(room, { change: "joined", user, name, role: room.inside.size === 0 ? "host" : "participant" });
    room.inside.set(user, session);
    return { type: "result", room: stateOf(room) };
  };

  const leave = (session: Session, room: Room, change: string): void => {
    room.inside.delete(session.user);
    changed(room, { change, user: session.user });
  };

  const decide = (session: Session, frame: Frame): Frame => {
    if (frame.type === "join") return join(session, frame);
    const room = roomOf(frame.room ?? "");
    const target = sessions.find(({ user }) => user === (frame.to ?? frame.user));
    switch (frame.type) {
      case "leave":
        leave(session, room, "left");
        return { type: "result" };
      case "roster":
        return { type: "result", room: stateOf(room) };
      case "admit":
        room.waiting.delete(frame.user);
        room.admitted.add(frame.user);
        if (target) numbered(target, { type: "admitted", room: room.id, until: 9e12 });
        for (const host of room.inside.values())
          send(host, { type: "knock-ended", room: room.id, user: frame.user, reason: "admitted" });
        return { type: "result" };
      case "deny":
        if (target) numbered(target, { type: "denied", room: room.id, reason: "denied", until: 9e12 });
        return { type: "result" };
      case "remove":
        if (target) leave(target, room, "removed");
        if (target) numbered(target, { type: "left", room: room.id, reason: "removed" });
        return { type: "result" };
      case "signal": {
        const { kind, negotiation, data } = frame;
        if (!target || !room.inside.has(target.user))
          return { type: "error", code: "no-such-participant", message: "Not here." };
        numbered(target, { type: "signal", room: room.id, from: session.user, kind, negotiation, data });
        return { type: "result", outcome: target.socket ? "delivered" : "kept" };
      }
      case "message": {
        const { data, to } = frame;
        for (const other of room.inside.values())
          if (to === undefined ? other !== session : other.user === to)
            numbered(other, { type: "message", room: room.id, from: session.user, data, ...(to ? { to } : {}) });
        return { type: "result", outcome: "delivered" };
      }
      case "directory":
        return { type: "result", rooms: [] };
      case "bye":
        for (const it of rooms.values()) if (it.inside.has(session.user)) leave(session, it, "left");
        return { type: "result" };
      default:
        return { type: "result" };
    }
  };

  const hello = (socket: WebSocket, frame: Frame): Session => {
    const old = sessions.find(({ ticket }) => ticket === frame.ticket);
    const user = `user${++names}`;
    const session: Session = old ?? { user, name: frame.name ?? user, ticket: "", socket, n: 0, heard: 0, kept: [] };
    if (!old) sessions.push(session);
    if (old?.socket && old.socket !== socket) old.socket.close(closeCodes.replaced);
    session.socket = socket;
    session.ticket = `ticket${++names}`;
    const mine = [...rooms.values()].filter(({ inside }) => inside.has(session.user));
    send(session, {
      type: "welcome",
      id: frame.id,
      session: `session of ${session.user}`,
      user: session.user,
      name: session.name,
      resumed: old !== undefined,
      ticket: session.ticket,
      graceMs: 30_000,
      limits: {},
      iceServers: [],
      heard: session.heard,
      rooms: mine.map(stateOf),
      waiting: [],
      ...welcome,
    });
    for (const kept of session.kept) if (kept.n > (frame.seen ?? 0)) send(session, kept);
    if (old) for (const room of mine) changed(room, { change: "back", user: session.user });
    return session;
  };

  server.on("connection", (socket) => {
    let session: Session | undefined;
    socket.on("message", (text) => {
      const frame = JSON.parse(String(text));
      frames.push(frame);
      if (!session) {
        const refusal = refuse(frame);
        if (refusal) {
          socket.send(JSON.stringify({ type: "error", id: frame.id, n: 1, ...refusal }));
          socket.close(closeCode);
        } else session = hello(socket, frame);
        return;
      }
      if (frame.type === "ack") return;
      const mine = session;
      const instead = intercept.map((step) => step(frame, mine)).find((it) => it !== undefined);
      if (instead === "nothing") return;
      session.heard = Math.max(session.heard, frame.id);
      numbered(session, { ...(instead ?? decide(session, frame)), id: frame.id });
    });
    socket.on("close", () => {
      if (session?.socket !== socket) return;
      session.socket = undefined;
      for (const room of rooms.values())
        if (room.inside.has(session.user)) changed(room, { change: "away", user: session.user, until: 9e12 });
    });
  });

  const of: Relay["of"] = (user) => {
    const found = sessions.find((session) => session.user === user);
    if (!found) throw new Error(`no session of ${user}`);
    return found;
  };
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    sessions,
    frames,
    intercept,
    welcome,
    send,
    of,
    cut: (user) => of(user).socket?.terminate(),
    forget: () => {
      sessions.length = 0;
      rooms.clear();
      for (const client of server.clients) client.terminate();
    },
  };
};
