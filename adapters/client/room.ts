import { connections, type JoinOptions, type RoomHost } from "./connections.js";
import type { Waiting } from "./door.js";
import { emitter } from "./emitter.js";
import { failure, type SignalboxError } from "./error.js";
import type { Event, RoomState, RosterChange, RosterEntry } from "./frames.js";
import { knocksOf } from "./knocks.js";
import { orders } from "./orders.js";
import { type Member, member, type Participant } from "./participant.js";
import { mustBeData } from "./peer.js";
import type { Ending, Room, RoomEvents } from "./room-events.js";
import { changesBetween, entryAfter, rosterOf } from "./roster.js";

export type RoomEvent = Exclude<Extract<Event, { readonly room: string }>, { readonly type: "admitted" | "denied" }>;
type Directed = Extract<RoomEvent, { readonly type: "signal" | "message" | "crossing" }>;

export interface OpenRoom {
  readonly face: Room;
  readonly isAttached: () => boolean;
  /** The page has asked for the room. `isAnew`: it was in it before it knew. */
  readonly attach: (options: JoinOptions, isAnew: boolean) => void;
  readonly hear: (event: RoomEvent) => void;
  /** The session goes on, and this is the room now. `gap`: users of whom frames were lost. */
  readonly resumed: (state: RoomState, gap: ReadonlyArray<string>) => void;
  /** A new session is not in the room yet: it waits at the door, or for the room to be there. */
  readonly awaits: (waiting?: Waiting) => void;
  /** A new session has joined the room again. */
  readonly rejoined: (state: RoomState) => void;
  /** There are other ICE servers. */
  readonly configure: () => void;
  readonly end: (reason: Ending, until?: number) => void;
}

/**
 * So long after a restart of the server, or a move to another one, the others have to join again, while their connections
 * live on. A server may send its clients elsewhere over 20 s.
 */
export const returnMs = 30_000;

/** A room that the session is in. `error` gets the failures that nobody listens for. */
export const openRoom = (first: RoomState, host: RoomHost, error: (error: SignalboxError) => void): OpenRoom => {
  const { id } = first;
  const { on, off, emit } = emitter<RoomEvents>();
  let state: RoomState = { ...first, participants: [] };
  const members = new Map<string, Member>();
  const faces = new Map<string, Participant>();
  let me = member({ user: host.user(), name: "", role: "participant" }, true);
  let isAttached = false;
  let standing: Room["state"] = "joined";
  let waiting: Waiting | undefined;
  let returnBy: number | undefined;
  /** The roster is asked for. */
  let isAsking = false;
  /** Whoever has asked for the room had a moment to listen. */
  let isListening = false;
  /** What came while it could not be delivered. */
  let held: Directed[] = [];

  const tell: typeof emit = (name, event) => {
    const isHeard = emit(name, event);
    emit("change", face);
    return isHeard;
  };
  const fail = (cause: unknown): void => {
    if (standing !== "over" && !emit("error", failure(cause))) error(failure(cause));
  };
  const order = orders(id, host.ask);
  const knocks = knocksOf(order, tell);
  const links = connections(id, host, { emit: tell, error: fail });
  const others = (): ReadonlyArray<Member> => [...members.values()].filter((it) => it !== me);

  const enter = (change: Extract<RosterChange, { readonly change: "joined" }>): void => {
    const { user, name, role } = change;
    const joined = members.get(user) ?? member({ user, name, role }, user === host.user());
    joined.entry = { user, name, role };
    members.set(user, joined);
    faces.set(user, joined.face);
    if (joined.face.isMe) me = joined;
    else if (isAttached) links.expect(joined);
    tell("joined", { participant: joined.face });
  };

  const exit = (it: Member, reason: RoomEvents["left"]["reason"]): void => {
    const { user } = it.entry;
    members.delete(user);
    faces.delete(user);
    it.isGone = true;
    it.peer?.close();
    tell("left", { participant: it.face, reason });
  };

  const apply = (change: RosterChange): void => {
    if (!("user" in change)) {
      state = { ...state, locked: change.change === "locked" };
      return void tell("locked", { locked: state.locked });
    }
    const it = members.get(change.user);
    const entry = entryAfter(it?.entry, change);
    if (change.change === "joined" && it && entry) {
      // After a restart of the server they have joined again: for this side they were away.
      it.entry = entry;
      it.peer?.check();
      return void tell("back", { participant: it.face });
    }
    if (change.change === "joined") return enter(change);
    if (!it) return;
    const participant = it.face;
    if (entry) it.entry = entry;
    switch (change.change) {
      case "away":
        return void tell("away", { participant, until: change.until });
      case "back":
        it.peer?.check();
        return void tell("back", { participant });
      case "role":
        // Whether this side sees who waits depends on its role.
        if (participant.isMe) refresh();
        return void tell("role", { participant, role: change.role });
      default:
        return exit(it, change.change);
    }
  };

  /** Who is connected with this side and has not joined again yet, after a restart of the server: for a while they count as away. */
  const awaited = ({ participants }: RoomState): ReadonlyArray<RosterEntry> => {
    const awayUntil = returnBy;
    if (awayUntil === undefined) return [];
    const isMissing = ({ face, entry: { user } }: Member): boolean =>
      face.connection === "connected" && !participants.some((it) => it.user === user);
    return others()
      .filter(isMissing)
      .map(({ entry }) => ({ ...entry, awayUntil }));
  };

  const awaitReturn = (): void => {
    const until = Date.now() + returnMs;
    returnBy = until;
    setTimeout(() => {
      if (returnBy === until) returnBy = undefined;
      for (const it of others()) if (it.entry.awayUntil === until) exit(it, "lost");
    }, returnMs);
  };

  const snapshot = (next: RoomState): void => {
    const changes = changesBetween(
      new Map([...members].map(([user, { entry }]) => [user, entry])),
      rosterOf([...next.participants, ...awaited(next)]),
    );
    if (next.locked !== state.locked) apply({ change: next.locked ? "locked" : "unlocked" });
    state = next;
    for (const change of changes) apply(change);
    knocks.settle(next.waiting ?? []);
  };

  const release = (to: (event: Directed) => void): void => {
    const due = held;
    held = [];
    for (const event of due) to(event);
  };

  const refresh = (): void => {
    if (isAsking) return;
    isAsking = true;
    host
      .ask({ type: "roster", room: id })
      .then(({ room }) => room && standing !== "over" && snapshot(room))
      .catch(fail)
      .then(() => {
        isAsking = false;
        if (isListening) release(deliver);
      });
  };

  const deliver = (event: Directed): void => {
    if (event.type === "crossing") return members.get(event.with)?.peer?.crossing(event.polite);
    const from = members.get(event.from);
    if (event.type === "message") {
      // Somebody may say something and be gone before the roster says that they came.
      const stranger = (): Participant => {
        const name = knocks.waiting.get(event.from)?.name ?? event.from;
        return member({ user: event.from, name, role: "participant" }, false).face;
      };
      return void tell("message", {
        from: from?.face ?? stranger(),
        data: event.data,
        isPrivate: event.to !== undefined,
      });
    }
    if (!from || !isAttached) return;
    const to = links.peerOf(from);
    if (to) to.hear(event);
    else if (event.kind === "offer") links.decline(event.from, event.negotiation);
  };

  const directed = (event: Directed): void => {
    // Rosters are told now and then, so somebody may be heard before they are seen.
    const isStranger = event.type !== "crossing" && !members.has(event.from) && !knocks.waiting.has(event.from);
    if (isListening && isStranger) refresh();
    if (isAsking || !isListening) held.push(event);
    else deliver(event);
  };

  const end: OpenRoom["end"] = (reason, until) => {
    if (standing === "over") return;
    standing = "over";
    for (const it of others()) it.peer?.close();
    host.ended();
    tell("closed", { reason, until });
  };

  const hear: OpenRoom["hear"] = (event) => {
    switch (event.type) {
      case "roster":
        if (event.to <= state.version) return;
        if (event.from !== state.version) return refresh();
        state = { ...state, version: event.to };
        return event.changes.forEach(apply);
      case "left":
        if (event.reason !== "left") return end(event.reason, event.until);
        // A session that is replaced leaves its rooms right before its socket is closed, which tells why.
        return void host.ask({ type: "ping" }).then(() => end("left"), ignored);
      case "knock":
        return knocks.add(event.user, event.name);
      case "knock-ended":
        return knocks.end(event.user, event.reason);
      default:
        return directed(event);
    }
  };

  const face: Room = {
    on,
    off,
    id,
    get name() {
      return state.name;
    },
    get policy() {
      return state.policy;
    },
    get locked() {
      return state.locked;
    },
    get state() {
      return standing;
    },
    get me() {
      return me.face;
    },
    get others() {
      return others().map((it) => it.face);
    },
    participants: faces,
    waiting: knocks.waiting,
    say: async (data, { to } = {}) => {
      const user = typeof to === "string" ? to : to?.user;
      const { outcome } = await host.ask({
        type: "message",
        room: id,
        data,
        ...(user === undefined ? {} : { to: user }),
      });
      return outcome ?? "delivered";
    },
    send: (data) => {
      mustBeData(data);
      return others().filter((it) => it.face.send(data)).length;
    },
    setMedia: (media) => links.setMedia(media, others()),
    ...order,
    leave: async () => {
      if (waiting) await waiting.withdraw();
      else
        await host.ask({ type: "leave", room: id }).catch((cause) => {
          // Nobody is kept in a room that a new session has not joined yet.
          if (standing === "joined") throw cause;
        });
      end("left");
    },
  };

  snapshot(first);
  return {
    face,
    hear,
    end,
    isAttached: () => isAttached,
    configure: () => {
      for (const it of others()) it.peer?.configure();
    },
    attach: (options, isAnew) => {
      if (isAttached) return options.media === undefined ? undefined : face.setMedia(options.media);
      isAttached = true;
      links.start(options, others(), isAnew);
      setTimeout(() => {
        isListening = true;
        knocks.release();
        if (!isAsking) release(directed);
      });
    },
    resumed: (next, gap) => {
      snapshot(next);
      const missed = others().filter((it) => gap.includes(it.entry.user));
      for (const it of others())
        if (missed.includes(it)) it.peer?.missed();
        else it.peer?.check();
      if (missed.length > 0) tell("gap", { participants: missed.map((it) => it.face) });
    },
    awaits: (atDoor) => {
      waiting = atDoor;
      standing = atDoor ? "waiting" : "rejoining";
      emit("change", face);
    },
    rejoined: (next) => {
      // With another user id this is somebody else to the others: what was connected was somebody's who is gone.
      if (me.entry.user !== host.user()) for (const it of [...members.values()]) exit(it, "left");
      awaitReturn();
      snapshot(next);
      if (isAttached) for (const it of others()) if (it.face.connection !== "connected") links.peerOf(it)?.renew();
      waiting = undefined;
      standing = "joined";
      emit("change", face);
    },
  };
};

// Who ends the session ends its rooms.
const ignored = (): void => {};
