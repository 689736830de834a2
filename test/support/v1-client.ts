import * as O from "fp-ts/lib/Option.js";
import * as Table from "../../core/base/table.js";
import type { ErrorFrame, Result, RoomState, RosterChange, ServerFrame, Welcome } from "../../core/dialect/v1/wire.js";
import type { ClientId, Event, Moment, RoomId, SessionId, State } from "../../core/index.js";
import { v1FramesOf } from "./v1-world.js";

type Entry = RoomState["participants"][number];

/** A room as a client of `signalbox.v1` knows it: the last snapshot, and the changes since. */
export interface KnownRoom {
  version: number;
  locked: boolean;
  participants: Entry[];
}

/** What a client knows from its frames alone, and what was wrong with them. */
export interface KnownClient {
  readonly client: ClientId;
  welcome: Welcome | undefined;
  readonly rooms: Map<RoomId, KnownRoom>;
  /** The numbered frames that it received, in order. */
  readonly numbered: Array<Extract<ServerFrame, { readonly n: number }>>;
  readonly wrong: string[];
}

/** A room as a snapshot shows it. */
export const known = ({ version, locked, participants }: RoomState): KnownRoom => ({
  version,
  locked,
  participants: [...participants],
});

/** What a change of the roster makes of a room. */
export const change = (room: KnownRoom, next: RosterChange): void => {
  if (!("user" in next)) {
    room.locked = next.change === "locked";
    return;
  }
  const { user } = next;
  const at = room.participants.findIndex((one) => one.user === user);
  const there = room.participants[at];
  switch (next.change) {
    case "joined":
      room.participants.push({ user, name: next.name, role: next.role });
      return;
    case "role":
      if (there !== undefined) room.participants[at] = { ...there, role: next.role };
      return;
    case "away":
      if (there !== undefined) room.participants[at] = { ...there, awayUntil: next.until };
      return;
    case "back": {
      if (there === undefined) return;
      const { awayUntil: _, ...here } = there;
      room.participants[at] = here;
      return;
    }
    default:
      if (at >= 0) room.participants.splice(at, 1);
  }
};

/** All clients of `signalbox.v1` of a run. They know what they were sent, and which requests they made. */
export class KnownClients {
  readonly clients = new Map<ClientId, KnownClient>();
  private readonly requests = new Map<string, Event>();

  after(moment: Moment): void {
    const { event } = moment;
    if (event.kind === "ClientConnected" && event.greeting !== undefined && !this.clients.has(event.client))
      this.clients.set(event.client, {
        client: event.client,
        welcome: undefined,
        rooms: new Map(),
        numbered: [],
        wrong: [],
      });
    this.noteRequest(moment);
    for (const { to, frame } of v1FramesOf(moment)) {
      const me = this.clients.get(to);
      if (me !== undefined) this.take(me, frame);
    }
  }

  /** The request of the session that has this number. */
  requestOf(session: SessionId | undefined, id: number | undefined): Event | undefined {
    return this.requests.get(`${session} ${id}`);
  }

  /** What a socket still says that has lost its session is not heard. */
  private noteRequest({ event, before }: Moment): void {
    if (!("client" in event) || !("id" in event) || event.id === undefined) return;
    const session = sessionOf(before, event.client);
    const key = `${session} ${event.id}`;
    if (session !== undefined && !this.requests.has(key)) this.requests.set(key, event);
  }

  private take(me: KnownClient, frame: ServerFrame): void {
    if (frame.type === "welcome") {
      if (me.welcome !== undefined) me.wrong.push("a second welcome");
      me.welcome = frame;
      for (const room of frame.rooms) me.rooms.set(room.id, known(room));
      return;
    }
    if (me.welcome === undefined) me.wrong.push(`${frame.type} before the welcome`);
    if ("n" in frame) me.numbered.push(frame);
    switch (frame.type) {
      case "result":
      case "error":
        return this.answered(me, frame);
      case "left":
        me.rooms.delete(frame.room);
        return;
      case "roster": {
        const room = me.rooms.get(frame.room);
        if (room === undefined) me.wrong.push(`the roster of ${frame.room}, which it is not in`);
        if (room === undefined || frame.to <= room.version) return;
        if (frame.from !== room.version || frame.to - frame.from !== frame.changes.length)
          me.wrong.push(
            `${frame.room} goes from ${frame.from} to ${frame.to} by ${frame.changes.length}, after ${room.version}`,
          );
        for (const next of frame.changes) change(room, next);
        room.version = frame.to;
        return;
      }
      default:
        return;
    }
  }

  private answered(me: KnownClient, frame: Result | ErrorFrame): void {
    const request = this.requestOf(me.welcome?.session, frame.id);
    if (frame.type === "error" || request === undefined) return;
    if (request.kind === "LeaveRequested") me.rooms.delete(request.roomId);
    const isInside = request.kind === "JoinRequested" || request.kind === "RosterRequested";
    if (isInside && frame.room !== undefined) me.rooms.set(frame.room.id, known(frame.room));
  }
}

/** The session that a client has, unless a newer client has it or it is over. */
export const sessionOf = ({ local }: State, client: ClientId): SessionId | undefined => {
  const session = Table.get(local.clients, client)?.session;
  const reader = (session && Table.get(local.mailboxes, session)?.client) ?? O.none;
  return O.isSome(reader) && reader.value === client ? session : undefined;
};
