import { defaultBackoff, waitMs } from "./backoff.js";
import { directory } from "./directory.js";
import { door, type Waiting } from "./door.js";
import { emitter } from "./emitter.js";
import { failure, report, SignalboxError } from "./error.js";
import type { Event, Result, RoomState, Welcome } from "./frames.js";
import { type OpenRoom, openRoom, returnMs } from "./room.js";
import type { Ending, Room } from "./room-events.js";
import type { ConnectOptions, JoinOptions, Session, SessionEvents } from "./session-events.js";
import { storedTicket } from "./ticket.js";
import { halfLifeMs, renewal, tokenOf } from "./token.js";
import { type SessionState, transport } from "./transport.js";

/** A session that is being opened. `abandon` closes it without a word to the server, which keeps it for its grace. */
export interface OpenSession {
  readonly session: Session;
  readonly abandon: (error: SignalboxError) => void;
}

/** What the end of a session is to its rooms. */
const endings: Readonly<Record<string, Ending>> = { closed: "left", replaced: "replaced" };

export const openSession = (url: string, options: ConnectOptions): OpenSession => {
  const { on, off, emit } = emitter<SessionEvents>();
  const backoff = options.backoff ?? defaultBackoff;
  const Socket = (options.WebSocket ?? globalThis.WebSocket) as typeof WebSocket;
  const PeerConnection = (options.RTCPeerConnection ?? globalThis.RTCPeerConnection) as typeof RTCPeerConnection;
  if (!Socket) throw new SignalboxError("unsupported", "There is no WebSocket here: give one with the options.");
  const rooms = new Map<string, OpenRoom>();
  const faces = new Map<string, Room>();
  const wishes = new Map<string, Pick<JoinOptions, "create" | "onWaiting">>();
  let welcome: Welcome | undefined;
  let iceServers: RTCIceServer[] = [];

  const fail = (error: SignalboxError): void => {
    if (!emit("error", error)) report(error);
  };
  const failAsync = (promise: Promise<unknown>): void => void promise.catch((cause) => fail(failure(cause)));
  const ticket = storedTicket(options.storage, `signalbox:${url}`);
  const token = tokenOf(options.token);

  const host = {
    ask: (order) => wire.ask(order),
    isConnected: () => wire.state === "connected",
    user: () => welcome?.user ?? "",
    PeerConnection,
    configuration: () => ({ iceServers, ...options.rtc }),
  } satisfies Omit<Parameters<typeof openRoom>[1], "ended">;

  const open = (state: RoomState): OpenRoom => {
    const { id } = state;
    const ended = (): void => {
      rooms.delete(id);
      faces.delete(id);
    };
    const room = openRoom(state, { ...host, ended }, fail);
    rooms.set(id, room);
    faces.set(id, room.face);
    return room;
  };

  const resumed = async (now: Welcome): Promise<void> => {
    const joined = [...rooms.values()].filter(({ face }) => face.state === "joined");
    const missing = joined.filter(({ face }) => !now.rooms.some(({ id }) => id === face.id));
    for (const state of now.rooms) {
      const room = rooms.get(state.id) ?? open(state);
      if (room.face.state === "joined") room.resumed(state, now.gap ?? []);
    }
    if (missing.length === 0) return;
    // The event that says why is among the frames that follow a welcome, unless it is lost.
    await wire.ask({ type: "ping" });
    for (const room of missing) room.end("lost");
  };

  /** Whoever may create the room may come back later: until `lastAt` it is asked for again. */
  const rejoin = async (room: OpenRoom, lastAt: number, attempt = 0): Promise<void> => {
    const { id } = room.face;
    const { create = false, onWaiting } = wishes.get(id) ?? {};
    const mine = welcome?.session;
    const isWanted = (): boolean => welcome?.session === mine && room.face.state !== "over";
    const waits = (waiting: Waiting): void => {
      room.awaits(waiting);
      tellWaiting(waiting, onWaiting);
    };
    try {
      const state = await doors.enter(id, create, waits);
      if (isWanted()) room.rejoined(state);
    } catch (error) {
      const { code } = failure(error);
      if (!isWanted()) return;
      if (code === "withdrawn") return room.end("left");
      if (Date.now() > lastAt || (code !== "room-not-found" && code !== "not-allowed")) {
        room.end("lost");
        throw error;
      }
      const again = (): void => (isWanted() ? failAsync(rejoin(room, lastAt, attempt + 1)) : undefined);
      setTimeout(again, waitMs(backoff, attempt, Math.random()));
    }
  };

  const tellWaiting = (waiting: Waiting, onWaiting: JoinOptions["onWaiting"]): void => {
    onWaiting?.(waiting);
    emit("waiting", waiting);
  };

  /** New credentials are for what comes: a relay that is in use goes on with its own. Answers when they expire. */
  const useIceServers = (from: Pick<Result, "iceServers" | "iceServersTtlMs">): number | undefined => {
    iceServers = from.iceServers as RTCIceServer[];
    for (const room of rooms.values()) room.configure();
    return from.iceServersTtlMs && Date.now() + from.iceServersTtlMs;
  };

  const welcomed = (now: Welcome, isLost: boolean): void => {
    welcome = now;
    ice.plan(useIceServers(now));
    if (typeof options.token === "function") renew.plan(now.expiresAt);
    failAsync(lists.welcomed());
    failAsync(doors.welcomed(now));
    if (!isLost) return failAsync(resumed(now));
    emit("lost", session);
    for (const room of rooms.values()) {
      room.awaits();
      failAsync(rejoin(room, Date.now() + returnMs));
    }
  };

  const hear = (event: Event): void => {
    if (event.type === "directory") lists.hear(event);
    else if (event.type === "admitted" || event.type === "denied") doors.hear(event);
    else if (rooms.has(event.room)) rooms.get(event.room)?.hear(event);
    else if (event.type === "message") emit("message", { room: event.room, from: event.from, data: event.data });
  };

  const changed = (state: SessionState, error: SignalboxError | undefined): void => {
    if (state === "closed") {
      renew.cancel();
      ice.cancel();
      globalThis.removeEventListener?.("online", wire.hurry);
      doors.close(error ?? new SignalboxError("closed", "The session is closed."));
      for (const room of rooms.values()) room.end(endings[error?.code ?? ""] ?? "lost");
    }
    emit("state", { state, error: error?.code === "closed" ? undefined : error });
  };

  const wire = transport(
    {
      url,
      name: options.name,
      token,
      hasFreshTokens: typeof options.token === "function",
      WebSocket: Socket,
      backoff,
      resume: ticket.read(),
    },
    {
      state: changed,
      welcome: welcomed,
      event: hear,
      seen: ticket.write,
      error: fail,
    },
  );
  const renew = renewal(async () => {
    const fresh = await token();
    return fresh ? (await wire.ask({ type: "renew", token: fresh })).expiresAt : undefined;
  }, fail);
  const ice = renewal(async () => useIceServers(await wire.ask({ type: "ice-servers" })), fail, halfLifeMs);
  const lists = directory(wire.ask);
  const doors = door(wire.ask);
  globalThis.addEventListener?.("online", wire.hurry);

  const session: Session = {
    on,
    off,
    get state() {
      return wire.state;
    },
    get id() {
      return welcome?.session ?? "";
    },
    get user() {
      return welcome?.user ?? "";
    },
    get name() {
      return welcome?.name ?? "";
    },
    get ticket() {
      return welcome?.ticket ?? "";
    },
    rooms: faces,
    join: async (id, { create = {}, onWaiting, ...wanted } = {}) => {
      if ((wanted.media || wanted.data) && !PeerConnection)
        throw new SignalboxError("unsupported", "There is no RTCPeerConnection here: give one with the options.");
      const wasIn = rooms.get(id);
      const state = wasIn ? undefined : await doors.enter(id, create, (waiting) => tellWaiting(waiting, onWaiting));
      const room = rooms.get(id) ?? (state && open(state));
      if (!room) throw new SignalboxError("closed", `The session has left ${id}.`);
      wishes.set(id, { create, onWaiting });
      room.attach(wanted, wasIn !== undefined);
      return room.face;
    },
    directory: lists.watch,
    close: async () => {
      await wire.bye();
      ticket.forget();
    },
  };
  return { session, abandon: wire.close };
};
