import * as Attendance from "./attendance.js";
import { isolated } from "./isolate.js";
import * as Say from "./message.js";
import { closedDoor, type Event, hostOf, isHost, isThere, listedRoom, type Request, type RoomCard } from "./state.js";
import { change, nothing, notice, order, record, type Step, send, sequence } from "./step.js";

/** All that the page decides: what happened and how things stand make how they stand next, and orders. */
export const update = (event: Event): Step => {
  switch (event.kind) {
    case "Configured":
      return change({ hasStun: event.hasStun });
    case "LineTried":
      return change({ line: { kind: "trying" } });
    case "LineOpened":
      return takeUpLine;
    case "LineLost":
      return sequence(
        change({ line: { kind: "down", retryAt: event.retryAt, why: event.why }, clients: undefined }),
        Attendance.loseLine,
      );
    case "MessageHeard":
      return hear(event.message, event.at);
    case "PeerProgressed":
      return Attendance.noteProgress(event.id, event.progress, event.at);
    case "TextHeard":
      return hearText(event.id, event.text, event.at);
    case "ClockTicked":
      return Attendance.waitNoLonger(event.at);
    case "Named":
      return sequence(
        (state) => change({ me: { ...state.me, name: event.name } })(state),
        order({ kind: "Remember", name: event.name }),
      );
    case "RoomOpened":
      return open(event);
    case "RoomEntered":
      return enterListed(event.id);
    case "AskingWithdrawn":
      return withdraw;
    case "RequestAnswered":
      return answer(event.id, event.isApproved);
    case "ParticipantRemoved":
      return Attendance.remove(event.id, event.at);
    case "PeerRetried":
      return order({ kind: "Retry", id: event.id });
    case "TextSaid":
      return order({ kind: "Tell", at: event.at, text: event.text });
    case "TextSent":
      return recordSaid(event);
    case "RoomLeft":
      return Attendance.leave;
    case "PageLeft":
      return sequence(withdraw, order({ kind: "HangUp" }, { kind: "CloseLine" }));
    case "NoticeDismissed":
      return change({ notice: undefined });
  }
};

const takeUpLine: Step = (state) =>
  sequence(
    change({ line: { kind: "open" } }),
    send(...Object.values(Say.channels).map(Say.subscribe), Say.roomListRequest),
    state.place.kind === "asking" ? send(Say.joinRequest(state.place.room, state.me)) : nothing,
  )(state);

const open =
  ({ id, name, description }: Omit<RoomCard, "host" | "hostId">): Step =>
  (state) =>
    Attendance.enter({ id, name, description, host: state.me.name, hostId: state.me.id })(state);

/** Asks to be let in; the host of a room goes in without asking. */
const enterListed =
  (id: string): Step =>
  (state) => {
    const room = listedRoom(state, id);
    if (room === undefined) return notice("That room has been closed.")(state);
    const { participants: _, ...card } = room;
    if (room.hostId === state.me.id) return Attendance.enter(card)(state);
    const why = closedDoor(room);
    if (why !== undefined) return notice(why)(state);
    return sequence(
      change({ place: { kind: "asking", room: card, missingSince: undefined }, notice: undefined }),
      send(Say.joinRequest(card, state.me)),
    )(state);
  };

const withdraw: Step = (state) =>
  state.place.kind === "asking"
    ? sequence(send(Say.joinWithdrawn(state.place.room, state.me.id)), change({ place: { kind: "lobby" } }))(state)
    : nothing(state);

/** Who was let in stands at the door until they are seen inside: the answer may reach nobody. */
const answer =
  (id: string, isApproved: boolean): Step =>
  (state) =>
    state.place.kind === "room"
      ? sequence(
          isApproved ? approve(id) : dropRequest(id),
          send(Say.joinAnswered(isApproved, state.place.room.id, state.me.id, id)),
        )(state)
      : nothing(state);

const approve =
  (from: string): Step =>
  (state) =>
    change({ requests: state.requests.map((one) => (one.id === from ? { ...one, isApproved: true } : one)) })(state);

const dropRequest =
  (from: string): Step =>
  (state) =>
    change({ requests: state.requests.filter(({ id }) => id !== from) })(state);

const recordSaid =
  ({ at, text, to }: Extract<Event, { readonly kind: "TextSent" }>): Step =>
  (state) => {
    const missed = state.peers.filter(({ id }) => !to.includes(id)).map(({ name }) => name);
    return record({ kind: "said", at, from: state.me, text, missed })(state);
  };

const hearText =
  (id: string, text: string, at: number): Step =>
  (state) => {
    const from = state.peers.find((peer) => peer.id === id);
    return from === undefined ? nothing(state) : record({ kind: "said", at, from, text, missed: [] })(state);
  };

const hear = (message: Say.Heard, at: number): Step => {
  switch (message.kind) {
    case "ClientCount":
      return change({ clients: message.count });
    case "RoomList":
      return sequence(change({ rooms: message.rooms }), Attendance.followList(at));
    case "Refused":
      return hearRefusal(message);
    case "JoinRequested":
      return forMe(message, (state) =>
        hearRequest({ id: message.from, name: message.userName, isApproved: false }, message.roomId)(state),
      );
    case "JoinWithdrawn":
      return forMe(message, dropRequest(message.from));
    case "JoinAnswered":
      return forMe(message, hearAnswer(message));
    case "Signalled":
      // Signals go to the mesh as they come: they are about connections, which no state can hold.
      return nothing;
  }
};

const forMe =
  ({ to }: { readonly to: string }, step: Step): Step =>
  (state) =>
    to === state.me.id ? step(state) : nothing(state);

const requestsMax = 50;

const hearRequest =
  (asker: Request, roomId: string): Step =>
  (state) => {
    const isHere = state.place.kind === "room" && state.place.room.id === roomId && isHost(state);
    if (!isHere) return nothing(state);
    // Who asks again keeps their place in the queue.
    if (isThere(state.requests, asker.id))
      return change({ requests: state.requests.map((one) => (one.id === asker.id ? asker : one)) })(state);
    return state.requests.length < requestsMax
      ? change({ requests: [...state.requests, asker] })(state)
      : nothing(state);
  };

const hearAnswer =
  ({ isApproved, roomId, from }: Extract<Say.Heard, { readonly kind: "JoinAnswered" }>): Step =>
  (state) => {
    const { place } = state;
    if (place.kind !== "asking" || place.room.id !== roomId || place.room.hostId !== from) return nothing(state);
    if (isApproved) return Attendance.enter(place.room)(state);
    return sequence(
      change({ place: { kind: "lobby" } }),
      notice(`${hostOf(place.room)} did not let you into “${isolated(place.room.name)}”.`),
    )(state);
  };

const hearRefusal =
  ({ code, message, about }: Extract<Say.Heard, { readonly kind: "Refused" }>): Step =>
  (state) => {
    const sentence = sentences[code] ?? `The server refused: ${message}.`;
    // Whom we could not remove is still here.
    if (about === "user-left-room") return sequence(change({ removed: [] }), notice(sentence))(state);
    const isAboutPlace = about === "room-created" || about === "user-joined-room";
    if (state.place.kind !== "room" || state.place.seat !== "asked" || !isAboutPlace) return notice(sentence)(state);
    // The room closed between the list and our coming back: open it again with the next list.
    if (code === "room-not-found" && state.place.wasSeated)
      return sequence(Attendance.loseSeat, send(Say.roomListRequest))(state);
    return sequence(Attendance.leave, notice(sentence))(state);
  };

const sentences: Readonly<Record<string, string>> = {
  "room-not-found": "That room has been closed.",
  "room-exists": "There is another room with this id already. Please open one anew.",
  "room-full": "That room is full.",
  "too-many-rooms": "No more rooms can be opened at the moment.",
  "not-allowed": "Only the host of a room can do that.",
  "rate-limited": "That was too much at once. Please wait a moment.",
};
