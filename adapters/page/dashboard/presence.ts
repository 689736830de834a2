import * as Message from "../wire/message.js";
import { isolateBidi } from "./bidi.js";
import type { Progress } from "./progress.js";
import {
  hostName,
  includes,
  isHost,
  listedRoom,
  type PeerState,
  type Place,
  type RoomInfo,
  type State,
  whyNotAdmitting,
} from "./state.js";
import { addEventToChat, change, command, noChange, type Step, send, sequence, showNotice } from "./step.js";

/**
 * How long a connected peer, or the host we wait for, may be missing from the room list. After a restart the server's list is empty
 * until everybody has joined again.
 */
const missingMsMax = 20_000;

type WaitingPlace = Extract<Place, { readonly kind: "waiting" }>;
type RoomPlace = Extract<Place, { readonly kind: "room" }>;

/** Goes to a room and joins it. The room list confirms it. */
export const enterRoom = (room: RoomInfo): Step =>
  sequence(
    change({
      place: { kind: "room", room, membership: "none", wasConfirmed: false },
      lobby: [],
      chat: [],
      notice: undefined,
    }),
    join,
  );

const join: Step = (state) => {
  const { place, me } = state;
  if (place.kind !== "room") return noChange(state);
  const { room } = place;
  // After a restart of the server, the first participant to come back creates the room again, in the name of its host.
  const mayCreate = place.wasConfirmed || room.hostId === me.id;
  const exists = listedRoom(state, room.id) !== undefined;
  return sequence(
    change({ place: { ...place, membership: "requested" } }),
    send(
      ...(mayCreate && !exists ? [Message.roomCreated(room)] : []),
      Message.userJoined(room.id, me),
      Message.participantNews("joined", room.id, me),
    ),
  )(state);
};

const goToDirectory: Step = (state) => [
  { ...state, place: { kind: "directory" }, lobby: [], peers: [], removedIds: [], chat: [] },
  [{ kind: "DropAllPeers" }],
];

export const leaveRoom: Step = (state) => {
  const { place, me } = state;
  if (place.kind !== "room") return noChange(state);
  return sequence(
    send(Message.userLeft(place.room.id, me.id), Message.participantNews("left", place.room.id, me)),
    goToDirectory,
  )(state);
};

/** What a new room list means for the place where the user is. */
export const followRoomList =
  (at: number): Step =>
  (state) => {
    switch (state.place.kind) {
      case "directory":
        return noChange(state);
      case "waiting":
        return followWaiting(state.place, at)(state);
      case "room":
        return followMembership(state.place, at)(state);
    }
  };

const followWaiting =
  (place: WaitingPlace, at: number): Step =>
  (state) => {
    const isMissing = whyWaitingIsFutile(place.room, state) !== undefined;
    const missingSince = isMissing ? (place.missingSince ?? at) : undefined;
    // A host who comes back may not know who was waiting.
    const isBack = place.missingSince !== undefined && !isMissing;
    return sequence(
      change({ place: { ...place, missingSince } }),
      isBack ? send(Message.knock(place.room, state.me)) : noChange,
      stopWaitingIfOverdue(at),
    )(state);
  };

const whyWaitingIsFutile = ({ id, name }: RoomInfo, state: State): string | undefined => {
  const room = listedRoom(state, id);
  return room === undefined ? `“${isolateBidi(name)}” was closed.` : whyNotAdmitting(room);
};

const stopWaitingIfOverdue =
  (at: number): Step =>
  (state) => {
    const { place } = state;
    if (place.kind !== "waiting" || !isOverdue(place.missingSince, at)) return noChange(state);
    return sequence(
      send(Message.knockWithdrawn(place.room, state.me.id)),
      change({ place: { kind: "directory" } }),
      showNotice(whyWaitingIsFutile(place.room, state) ?? ""),
    )(state);
  };

const followMembership =
  (place: RoomPlace, at: number): Step =>
  (state) => {
    // The list may still show us because of the lost connection. Over a new connection everybody joins again.
    if (place.membership === "none") return join(state);
    const room = listedRoom(state, place.room.id);
    if (room !== undefined && includes(room.participants, state.me.id))
      return followParticipants(room, place.membership, at)(state);
    if (place.membership === "requested") return noChange(state);
    return sequence(
      goToDirectory,
      showNotice(`${hostName(place.room)} removed you from “${isolateBidi(place.room.name)}”.`),
    )(state);
  };

const followParticipants =
  ({ participants, ...room }: Message.Room, membership: RoomPlace["membership"], at: number): Step =>
  (state) => {
    // A list sent before our removal of somebody still shows them.
    const removedIds = state.removedIds.filter((id) => includes(participants, id));
    const others = participants.filter(({ id }) => id !== state.me.id && !removedIds.includes(id));
    return sequence(
      change({
        place: { kind: "room", room, membership: "confirmed", wasConfirmed: true },
        lobby: state.lobby.filter(({ id }) => !includes(others, id)),
        removedIds,
      }),
      markMissing(others, at),
      ...others.map((person) => followPeer(person, membership === "confirmed", at)),
    )(state);
  };

/** After a reconnect (`isNews` is false) signals may have been lost, so every connection is resumed, and nobody is reported as joined. */
const followPeer =
  (person: Message.Person, isNews: boolean, at: number): Step =>
  (state) => {
    const known = state.peers.find(({ id }) => id === person.id);
    if (known !== undefined && known.missingSince === undefined)
      return isNews ? noChange(state) : command({ kind: "ConnectPeer", id: person.id })(state);
    const peer: PeerState = { progress: { stage: "waiting" }, ...known, ...person, missingSince: undefined };
    return sequence(
      change({ peers: [...state.peers.filter(({ id }) => id !== person.id), peer] }),
      command({ kind: "ConnectPeer", id: person.id }),
      known === undefined && isNews ? addEventToChat(at, `${isolateBidi(person.name)} joined.`) : noChange,
    )(state);
  };

const markMissing =
  (present: ReadonlyArray<Message.Person>, at: number): Step =>
  (state) =>
    sequence(
      change({
        peers: state.peers.map((peer) =>
          includes(present, peer.id) ? peer : { ...peer, missingSince: peer.missingSince ?? at },
        ),
      }),
      dropGonePeers(at),
    )(state);

export const noteProgress =
  (id: string, progress: Progress, at: number): Step =>
  (state) =>
    sequence(
      change({ peers: state.peers.map((peer) => (peer.id === id ? { ...peer, progress } : peer)) }),
      dropGonePeers(at),
    )(state);

export const checkDeadlines = (at: number): Step => sequence(dropGonePeers(at), stopWaitingIfOverdue(at));

const dropGonePeers =
  (at: number): Step =>
  (state) => {
    const gone = state.peers.filter((peer) => isGone(peer, at));
    return sequence(...gone.map((peer) => dropPeer(peer, `${isolateBidi(peer.name)} left.`, at)))(state);
  };

/** A peer that is missing from the room list has gone when its connection is down, or after `missingMsMax`. */
const isGone = ({ missingSince, progress: { stage } }: PeerState, at: number): boolean =>
  missingSince !== undefined && ((stage !== "open" && stage !== "interrupted") || isOverdue(missingSince, at));

const isOverdue = (since: number | undefined, at: number): boolean => since !== undefined && at - since >= missingMsMax;

/** When `checkDeadlines` will next have something to do, in ms. */
export const nextDeadline = ({ peers, place }: State): number | undefined => {
  const waits = place.kind === "waiting" ? [place, ...peers] : peers;
  const since = waits.flatMap(({ missingSince }) => (missingSince === undefined ? [] : [missingSince]));
  return since.length === 0 ? undefined : Math.min(...since) + missingMsMax;
};

const dropPeer =
  ({ id }: PeerState, sentence: string, at: number): Step =>
  (state) =>
    sequence(
      change({ peers: state.peers.filter((peer) => peer.id !== id) }),
      command({ kind: "DropPeer", id }),
      addEventToChat(at, sentence),
    )(state);

export const removeParticipant =
  (id: string, at: number): Step =>
  (state) => {
    const { place } = state;
    const peer = state.peers.find((one) => one.id === id);
    if (place.kind !== "room" || peer === undefined || !isHost(state)) return noChange(state);
    return sequence(
      send(Message.userLeft(place.room.id, id)),
      change({ removedIds: [...state.removedIds, id] }),
      dropPeer(peer, `You removed ${isolateBidi(peer.name)}.`, at),
    )(state);
  };

/** The next room list makes us join again. */
export const resetMembership: Step = (state) =>
  state.place.kind === "room" ? change({ place: { ...state.place, membership: "none" } })(state) : noChange(state);

/** Without a connection to the server nobody counts as missing; over the next one, everybody has the full time again. */
export const serverDisconnected: Step = (state) => {
  const { place, peers } = state;
  return sequence(
    change({
      peers: peers.map((peer) => ({ ...peer, missingSince: undefined })),
      place: place.kind === "waiting" ? { ...place, missingSince: undefined } : place,
      removedIds: [],
    }),
    resetMembership,
  )(state);
};
