import * as Say from "./message.js";
import type { Progress } from "./progress.js";
import { closedDoor, isHost, listedRoom, type PeerState, type Place, type RoomCard, type State } from "./state.js";
import { change, happened, nothing, notice, order, type Step, send, sequence } from "./step.js";

/** How long a peer whose connection still stands may be missing from the list: a restarted server learns of everybody anew. */
const missingMs = 20_000;

type InRoom = Extract<Place, { readonly kind: "room" }>;

/** Goes into a room and asks for a seat; the server's list will show whether there is one. */
export const enter = (room: RoomCard): Step =>
  sequence(
    change({
      place: { kind: "room", room, seat: "none", wasSeated: false },
      requests: [],
      talk: [],
      notice: undefined,
    }),
    takeSeat,
  );

const takeSeat: Step = (state) => {
  const { place, me } = state;
  if (place.kind !== "room") return nothing(state);
  const { room } = place;
  // Who comes first after a restart opens the room again, in the name of its host.
  const mayOpen = place.wasSeated || room.hostId === me.id;
  const isOpen = listedRoom(state, room.id) !== undefined;
  return sequence(
    change({ place: { ...place, seat: "asked" } }),
    send(
      ...(mayOpen && !isOpen ? [Say.roomCreated(room)] : []),
      Say.userJoined(room.id, me),
      Say.participant("joined", room.id, me),
    ),
  )(state);
};

/** Back to the lobby, with all connections closed. */
export const goOut: Step = (state) => [
  { ...state, place: { kind: "lobby" }, requests: [], peers: [], talk: [] },
  state.peers.map(({ id }) => ({ kind: "Part", id })),
];

export const leave: Step = (state) => {
  const { place, me } = state;
  if (place.kind !== "room") return nothing(state);
  return sequence(send(Say.userLeft(place.room.id, me.id), Say.participant("left", place.room.id, me)), goOut)(state);
};

/** What a new room list means for the place where the user is. */
export const followList =
  (at: number): Step =>
  (state) => {
    switch (state.place.kind) {
      case "lobby":
        return nothing(state);
      case "asking":
        return watchDoor(state.place.room)(state);
      case "room":
        return attend(state.place, at)(state);
    }
  };

const watchDoor =
  (asked: RoomCard): Step =>
  (state) => {
    const room = listedRoom(state, asked.id);
    const why = room === undefined ? `“${asked.name}” has been closed.` : closedDoor(room);
    return why === undefined ? nothing(state) : sequence(change({ place: { kind: "lobby" } }), notice(why))(state);
  };

const attend =
  (place: InRoom, at: number): Step =>
  (state) => {
    // Whom the list shows may still be held by the line that was lost: over a new line everybody joins again.
    if (place.seat === "none") return takeSeat(state);
    const room = listedRoom(state, place.room.id);
    const isSeated = room?.participants.some(({ id }) => id === state.me.id) ?? false;
    if (room !== undefined && isSeated) {
      const { participants, ...card } = room;
      return sequence(
        change({ place: { kind: "room", room: card, seat: "taken", wasSeated: true } }),
        forgetRequests(participants),
        missPeers(participants, at),
        ...participants
          .filter(({ id }) => id !== state.me.id)
          .map((person) => meet(person, place.seat === "taken", at)),
      )(state);
    }
    if (place.seat === "asked") return nothing(state);
    return sequence(goOut, notice(`${place.room.host ?? "The host"} removed you from “${place.room.name}”.`))(state);
  };

const forgetRequests =
  (present: ReadonlyArray<Say.Person>): Step =>
  (state) =>
    change({ requests: state.requests.filter(({ id }) => !present.some((person) => person.id === id)) })(state);

const meet =
  (person: Say.Person, isNews: boolean, at: number): Step =>
  (state) => {
    const known = state.peers.find(({ id }) => id === person.id);
    if (known !== undefined && known.missingSince === undefined) return nothing(state);
    const peer: PeerState = { progress: { stage: "waiting" }, ...known, ...person, missingSince: undefined };
    return sequence(
      change({ peers: [...state.peers.filter(({ id }) => id !== person.id), peer] }),
      order({ kind: "Meet", id: person.id }),
      known === undefined && isNews ? happened(at, `${person.name} came in.`) : nothing,
    )(state);
  };

const missPeers =
  (present: ReadonlyArray<Say.Person>, at: number): Step =>
  (state) =>
    sequence(
      change({
        peers: state.peers.map((peer) =>
          present.some(({ id }) => id === peer.id) ? peer : { ...peer, missingSince: peer.missingSince ?? at },
        ),
      }),
      dropGone(at),
    )(state);

export const noteProgress =
  (id: string, progress: Progress, at: number): Step =>
  (state) =>
    sequence(
      change({ peers: state.peers.map((peer) => (peer.id === id ? { ...peer, progress } : peer)) }),
      dropGone(at),
    )(state);

/** A peer has gone when it is missing from the list and its connection does not stand, or it has been missing for long. */
export const dropGone =
  (at: number): Step =>
  (state) => {
    // Without a line there is no list to be missing from.
    const gone = state.line.kind === "open" ? state.peers.filter((peer) => isGone(peer, at)) : [];
    return sequence(...gone.map((peer) => drop(peer, `${peer.name} left.`, at)))(state);
  };

const isGone = ({ missingSince, progress: { stage } }: PeerState, at: number): boolean =>
  missingSince !== undefined && ((stage !== "open" && stage !== "interrupted") || at - missingSince >= missingMs);

/** When somebody who is missing will have been missing for too long, in ms. */
export const nextDeadline = ({ peers }: State): number | undefined => {
  const since = peers.flatMap(({ missingSince }) => (missingSince === undefined ? [] : [missingSince]));
  return since.length === 0 ? undefined : Math.min(...since) + missingMs;
};

const drop =
  ({ id }: PeerState, sentence: string, at: number): Step =>
  (state) =>
    sequence(
      change({ peers: state.peers.filter((peer) => peer.id !== id) }),
      order({ kind: "Part", id }),
      happened(at, sentence),
    )(state);

export const remove =
  (id: string, at: number): Step =>
  (state) => {
    const { place } = state;
    const peer = state.peers.find((one) => one.id === id);
    if (place.kind !== "room" || peer === undefined || !isHost(state)) return nothing(state);
    return sequence(send(Say.userLeft(place.room.id, id)), drop(peer, `You removed ${peer.name}.`, at))(state);
  };

/** Over a new line everybody has to be seated again. */
export const loseSeat: Step = (state) =>
  state.place.kind === "room" ? change({ place: { ...state.place, seat: "none" } })(state) : nothing(state);
