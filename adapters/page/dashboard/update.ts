import * as Message from "../wire/message.js";
import { isolateBidi } from "./bidi.js";
import * as Presence from "./presence.js";
import {
  type Event,
  hostName,
  includes,
  isHost,
  listedRoom,
  type RoomInfo,
  type WaitingUser,
  whyNotAdmitting,
} from "./state.js";
import { addToChat, change, command, noChange, type Step, send, sequence, showNotice } from "./step.js";

/** Everything the page decides: an event and the state give the next state, and commands to carry out. */
export const update = (event: Event): Step => {
  switch (event.kind) {
    case "Configured":
      return change({ hasStun: event.hasStun });
    case "ServerConnecting":
      return change({ server: { kind: "connecting" } });
    case "ServerConnected":
      return serverConnected;
    case "ServerDisconnected":
      return sequence(
        change({
          server: { kind: "disconnected", retryAt: event.retryAt, reason: event.reason },
          clientCount: undefined,
        }),
        Presence.serverDisconnected,
      );
    case "MessageReceived":
      return receive(event.message, event.at);
    case "PeerProgressed":
      return Presence.noteProgress(event.id, event.progress, event.at);
    case "PeerRetried":
      return command({ kind: "RetryPeer", id: event.id });
    case "DeadlineReached":
      return Presence.checkDeadlines(event.at);
    case "NameChanged":
      return sequence(
        (state) => change({ me: { ...state.me, name: event.name } })(state),
        command({ kind: "SaveName", name: event.name }),
      );
    case "RoomCreated":
      return createRoom(event);
    case "RoomChosen":
      return joinOrKnock(event.id);
    case "WaitCancelled":
      return cancelWait;
    case "UserAdmitted":
      return answerKnock(event.id, true);
    case "UserDenied":
      return answerKnock(event.id, false);
    case "ParticipantRemoved":
      return Presence.removeParticipant(event.id, event.at);
    case "RoomLeft":
      return Presence.leaveRoom;
    case "TextEntered":
      return command({ kind: "SendText", at: event.at, text: event.text });
    case "TextSent":
      return addSentText(event);
    case "TextReceived":
      return addReceivedText(event);
    case "PageLeft":
      return sequence(cancelWait, command({ kind: "DropAllPeers" }, { kind: "Disconnect" }));
    case "NoticeDismissed":
      return change({ notice: undefined });
  }
};

const serverConnected: Step = (state) =>
  sequence(
    change({ server: { kind: "connected" } }),
    send(...Object.values(Message.channels).map(Message.subscribe), Message.roomListRequest),
    state.place.kind === "waiting" ? send(Message.knock(state.place.room, state.me)) : noChange,
  )(state);

const createRoom =
  ({ id, name, description }: Omit<RoomInfo, "host" | "hostId">): Step =>
  (state) =>
    Presence.enterRoom({ id, name, description, host: state.me.name, hostId: state.me.id })(state);

/** The host of a room joins it at once. Everybody else has to be admitted. */
const joinOrKnock =
  (id: string): Step =>
  (state) => {
    const listed = listedRoom(state, id);
    if (listed === undefined) return showNotice("That room no longer exists.")(state);
    const { participants: _, ...room } = listed;
    if (room.hostId === state.me.id) return Presence.enterRoom(room)(state);
    const obstacle = whyNotAdmitting(listed);
    if (obstacle !== undefined) return showNotice(obstacle)(state);
    return sequence(
      change({ place: { kind: "waiting", room, missingSince: undefined }, notice: undefined }),
      send(Message.knock(room, state.me)),
    )(state);
  };

const cancelWait: Step = (state) =>
  state.place.kind === "waiting"
    ? sequence(
        send(Message.knockWithdrawn(state.place.room, state.me.id)),
        change({ place: { kind: "directory" } }),
      )(state)
    : noChange(state);

/** An admitted user stays in the lobby until the room list shows them: the message may not have reached them. */
const answerKnock =
  (id: string, isAdmitted: boolean): Step =>
  (state) =>
    state.place.kind === "room"
      ? sequence(
          isAdmitted ? markAdmitted(id) : removeFromLobby(id),
          send(Message.knockAnswered(isAdmitted, state.place.room.id, state.me.id, id)),
        )(state)
      : noChange(state);

const markAdmitted =
  (id: string): Step =>
  (state) =>
    change({ lobby: state.lobby.map((one) => (one.id === id ? { ...one, isAdmitted: true } : one)) })(state);

const removeFromLobby =
  (id: string): Step =>
  (state) =>
    change({ lobby: state.lobby.filter((one) => one.id !== id) })(state);

const addSentText =
  ({ at, text, to }: Extract<Event, { readonly kind: "TextSent" }>): Step =>
  (state) => {
    const missed = state.peers.filter(({ id }) => !to.includes(id)).map(({ name }) => name);
    return addToChat({ kind: "message", at, from: state.me, text, missed })(state);
  };

const addReceivedText =
  ({ id, text, at }: Extract<Event, { readonly kind: "TextReceived" }>): Step =>
  (state) => {
    const from = state.peers.find((peer) => peer.id === id);
    return from === undefined ? noChange(state) : addToChat({ kind: "message", at, from, text, missed: [] })(state);
  };

const receive = (message: Message.Incoming, at: number): Step => {
  switch (message.kind) {
    case "ClientCount":
      return change({ clientCount: message.count });
    case "RoomList":
      return sequence(change({ rooms: message.rooms }), Presence.followRoomList(at));
    case "Refused":
      return receiveRefusal(message);
    case "Knocked":
      return ifForMe(
        message,
        receiveKnock({ id: message.from, name: message.userName, isAdmitted: false }, message.roomId),
      );
    case "KnockWithdrawn":
      return ifForMe(message, removeFromLobby(message.from));
    case "KnockAnswered":
      return ifForMe(message, receiveAnswer(message));
    case "Signalled":
      // The store hands signals to the mesh: connections are not part of the state.
      return noChange;
  }
};

const ifForMe =
  ({ to }: { readonly to: string }, step: Step): Step =>
  (state) =>
    to === state.me.id ? step(state) : noChange(state);

const lobbyMax = 50;

const receiveKnock =
  (user: WaitingUser, roomId: string): Step =>
  (state) => {
    const isMyRoom = state.place.kind === "room" && state.place.room.id === roomId && isHost(state);
    if (!isMyRoom) return noChange(state);
    // Whoever knocks again keeps their position.
    if (includes(state.lobby, user.id))
      return change({ lobby: state.lobby.map((one) => (one.id === user.id ? user : one)) })(state);
    return state.lobby.length < lobbyMax ? change({ lobby: [...state.lobby, user] })(state) : noChange(state);
  };

const receiveAnswer =
  ({ isAdmitted, roomId, from }: Extract<Message.Incoming, { readonly kind: "KnockAnswered" }>): Step =>
  (state) => {
    const { place } = state;
    if (place.kind !== "waiting" || place.room.id !== roomId || place.room.hostId !== from) return noChange(state);
    if (isAdmitted) return Presence.enterRoom(place.room)(state);
    return sequence(
      change({ place: { kind: "directory" } }),
      showNotice(`${hostName(place.room)} denied your request to join “${isolateBidi(place.room.name)}”.`),
    )(state);
  };

const receiveRefusal =
  ({ code, message, about }: Extract<Message.Incoming, { readonly kind: "Refused" }>): Step =>
  (state) => {
    const sentence = refusals[code] ?? `The server refused the request: ${message}`;
    // The participant we wanted to remove is still there.
    if (about === "user-left-room") return sequence(change({ removedIds: [] }), showNotice(sentence))(state);
    const isAboutJoining = about === "room-created" || about === "user-joined-room";
    if (state.place.kind !== "room" || state.place.membership !== "requested" || !isAboutJoining)
      return showNotice(sentence)(state);
    // The room was removed after the last list. The next list makes us create it again.
    if (code === "room-not-found" && state.place.wasConfirmed)
      return sequence(Presence.resetMembership, send(Message.roomListRequest))(state);
    return sequence(Presence.leaveRoom, showNotice(sentence))(state);
  };

const refusals: Readonly<Record<string, string>> = {
  "room-not-found": "That room no longer exists.",
  "room-exists": "A room with this id already exists. Create the room again.",
  "room-full": "That room is full.",
  "too-many-rooms": "Room limit reached: no more rooms can be created at the moment.",
  "not-allowed": "Only the host of a room can do that.",
  "rate-limited": "Too many messages at once. Wait a moment and try again.",
};
