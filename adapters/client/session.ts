import { defaultBackoff } from "./backoff.js";
import { directory } from "./directory.js";
import { door, type RoomCreation, type Waiting } from "./door.js";
import { emitter } from "./emitter.js";
import { failure, report, SignalboxError } from "./error.js";
import type { Event, RoomState, Welcome } from "./frames.js";
import { type OpenRoom, openRoom } from "./room.js";
import type { Room } from "./room-events.js";
import type { ConnectOptions, Session, SessionEvents } from "./session-events.js";
import { storedTicket } from "./ticket.js";
import { renewal, tokenOf } from "./token.js";
import { type SessionState, transport } from "./transport.js";

/** A session that is being opened. `abandon` closes it without a word to the server, which keeps it for its grace. */
export interface OpenSession {
  readonly session: Session;
  readonly abandon: (error: SignalboxError) => void;
}

export const openSession = (url: string, options: ConnectOptions): OpenSession => {
  const { on, off, emit } = emitter<SessionEvents>();
  const Socket = options.WebSocket ?? globalThis.WebSocket;
  const PeerConnection = options.RTCPeerConnection ?? globalThis.RTCPeerConnection;
  if (!Socket) throw new SignalboxError("unsupported", "There is no WebSocket here: give one with the options.");
  const rooms = new Map<string, OpenRoom>();
  const faces = new Map<string, Room>();
  const creations = new Map<string, RoomCreation | false>();
  let welcome: Welcome | undefined;

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
    configuration: () =>
      ({ iceServers: (welcome?.iceServers ?? []) as RTCIceServer[], ...options.rtc }) satisfies RTCConfiguration,
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
    const missing = [...rooms.values()].filter(({ face }) => !now.rooms.some(({ id }) => id === face.id));
    for (const state of now.rooms) (rooms.get(state.id) ?? open(state)).resumed(state, now.gap ?? []);
    if (missing.length === 0) return;
    // The event that says why is among the frames that follow a welcome, unless it is lost.
    await wire.ask({ type: "ping" });
    for (const room of missing) room.end("lost");
  };

  const rejoin = async (room: OpenRoom): Promise<void> => {
    const { id } = room.face;
    try {
      room.rejoined(await doors.enter(id, creations.get(id) ?? false, tellWaiting));
    } catch (error) {
      if (error instanceof SignalboxError && error.code === "session-lost") return;
      room.end("lost");
      throw error;
    }
  };

  const tellWaiting = (waiting: Waiting): void => void emit("waiting", waiting);

  const welcomed = (now: Welcome, isLost: boolean): void => {
    welcome = now;
    if (typeof options.token === "function") renew.plan(now.expiresAt);
    failAsync(lists.welcomed());
    failAsync(doors.welcomed(now));
    if (!isLost) return failAsync(resumed(now));
    emit("lost", session);
    for (const room of rooms.values()) failAsync(rejoin(room));
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
      globalThis.removeEventListener?.("online", wire.hurry);
      doors.close(error ?? new SignalboxError("closed", "The session is closed."));
      for (const room of rooms.values()) room.end(error?.code === "closed" ? "left" : "lost");
    }
    emit("state", { state, error: error?.code === "closed" ? undefined : error });
  };

  const wire = transport(
    {
      url,
      name: options.name,
      token,
      WebSocket: Socket,
      backoff: options.backoff ?? defaultBackoff,
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
      const tell = (waiting: Waiting): void => {
        onWaiting?.(waiting);
        tellWaiting(waiting);
      };
      const state = wasIn ? undefined : await doors.enter(id, create, tell);
      const room = rooms.get(id) ?? (state && open(state));
      if (!room) throw new SignalboxError("closed", `The session has left ${id}.`);
      creations.set(id, create);
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
