import { isolated } from "./isolate.js";
import * as Say from "./message.js";
import type { Progress } from "./progress.js";
import {
  closedDoor,
  hostOf,
  isHost,
  isThere,
  listedRoom,
  type PeerState,
  type Place,
  type RoomCard,
  type State,
} from "./state.js";
import { change, happened, nothing, notice, order, type Step, send, sequence } from "./step.js";

/**
 * How long a peer whose connection still stands may be missing from the list, and so may the host at whose door we are: a restarted
 * server learns of everybody anew.
 */
const missingMs = 20_000;

type Asking = Extract<Place, { readonly kind: "asking" }>;
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
  { ...state, place: { kind: "lobby" }, requests: [], peers: [], removed: [], talk: [] },
  [{ kind: "HangUp" }],
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
        return watchDoor(state.place, at)(state);
      case "room":
        return attend(state.place, at)(state);
    }
  };

const watchDoor =
  (place: Asking, at: number): Step =>
  (state) => {
    const isMissing = doorClosed(place.room, state) !== undefined;
    const missingSince = isMissing ? (place.missingSince ?? at) : undefined;
    // A host who comes back has forgotten, or has never heard, who asked.
    const isBack = place.missingSince !== undefined && !isMissing;
    return sequence(
      change({ place: { ...place, missingSince } }),
      isBack ? send(Say.joinRequest(place.room, state.me)) : nothing,
      giveUpDoor(at),
    )(state);
  };

const doorClosed = (asked: RoomCard, state: State): string | undefined => {
  const room = listedRoom(state, asked.id);
  return room === undefined ? `“${isolated(asked.name)}” has been closed.` : closedDoor(room);
};

/** Who asks waits no longer than a peer would be waited for. */
const giveUpDoor =
  (at: number): Step =>
  (state) => {
    const { place } = state;
    if (place.kind !== "asking" || !isOverdue(place.missingSince, at)) return nothing(state);
    return sequence(
      send(Say.joinWithdrawn(place.room, state.me.id)),
      change({ place: { kind: "lobby" } }),
      notice(doorClosed(place.room, state) ?? ""),
    )(state);
  };

const attend =
  (place: InRoom, at: number): Step =>
  (state) => {
    // Whom the list shows may still be held by the line that was lost: over a new line everybody joins again.
    if (place.seat === "none") return takeSeat(state);
    const room = listedRoom(state, place.room.id);
    if (room !== undefined && isThere(room.participants, state.me.id)) return sitWith(room, place.seat, at)(state);
    if (place.seat === "asked") return nothing(state);
    return sequence(goOut, notice(`${hostOf(place.room)} removed you from “${isolated(place.room.name)}”.`))(state);
  };

const sitWith =
  ({ participants, ...card }: Say.Room, seat: InRoom["seat"], at: number): Step =>
  (state) => {
    // A list that was on its way when we removed somebody still shows them.
    const removed = state.removed.filter((id) => isThere(participants, id));
    const others = participants.filter(({ id }) => id !== state.me.id && !removed.includes(id));
    return sequence(
      change({
        place: { kind: "room", room: card, seat: "taken", wasSeated: true },
        requests: state.requests.filter(({ id }) => !isThere(others, id)),
        removed,
      }),
      missPeers(others, at),
      ...others.map((person) => meet(person, seat === "taken", at)),
    )(state);
  };

/** Over a new line (then it is no news who is there) what may have been lost meanwhile is taken up with everybody. */
const meet =
  (person: Say.Person, isNews: boolean, at: number): Step =>
  (state) => {
    const known = state.peers.find(({ id }) => id === person.id);
    if (known !== undefined && known.missingSince === undefined)
      return isNews ? nothing(state) : order({ kind: "Meet", id: person.id })(state);
    const peer: PeerState = { progress: { stage: "waiting" }, ...known, ...person, missingSince: undefined };
    return sequence(
      change({ peers: [...state.peers.filter(({ id }) => id !== person.id), peer] }),
      order({ kind: "Meet", id: person.id }),
      known === undefined && isNews ? happened(at, `${isolated(person.name)} came in.`) : nothing,
    )(state);
  };

const missPeers =
  (present: ReadonlyArray<Say.Person>, at: number): Step =>
  (state) =>
    sequence(
      change({
        peers: state.peers.map((peer) =>
          isThere(present, peer.id) ? peer : { ...peer, missingSince: peer.missingSince ?? at },
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

/** The time for somebody who is missing may be over. */
export const waitNoLonger = (at: number): Step => sequence(dropGone(at), giveUpDoor(at));

/** A peer has gone when it is missing from the list and its connection does not stand, or it has been missing for long. */
const dropGone =
  (at: number): Step =>
  (state) => {
    const gone = state.peers.filter((peer) => isGone(peer, at));
    return sequence(...gone.map((peer) => drop(peer, `${isolated(peer.name)} left.`, at)))(state);
  };

const isGone = ({ missingSince, progress: { stage } }: PeerState, at: number): boolean =>
  missingSince !== undefined && ((stage !== "open" && stage !== "interrupted") || isOverdue(missingSince, at));

const isOverdue = (since: number | undefined, at: number): boolean => since !== undefined && at - since >= missingMs;

/** When somebody who is missing will have been missing for too long, in ms. */
export const nextDeadline = ({ peers, place }: State): number | undefined => {
  const waits = place.kind === "asking" ? [place, ...peers] : peers;
  const since = waits.flatMap(({ missingSince }) => (missingSince === undefined ? [] : [missingSince]));
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
    return sequence(
      send(Say.userLeft(place.room.id, id)),
      change({ removed: [...state.removed, id] }),
      drop(peer, `You removed ${isolated(peer.name)}.`, at),
    )(state);
  };

/** Over a new line everybody has to be seated again. */
export const loseSeat: Step = (state) =>
  state.place.kind === "room" ? change({ place: { ...state.place, seat: "none" } })(state) : nothing(state);

/** Without a line there is no list to be missing from: whoever is missing over the next one has their whole time again. */
export const loseLine: Step = (state) => {
  const { place, peers } = state;
  return sequence(
    change({
      peers: peers.map((peer) => ({ ...peer, missingSince: undefined })),
      place: place.kind === "asking" ? { ...place, missingSince: undefined } : place,
      removed: [],
    }),
    loseSeat,
  )(state);
};
