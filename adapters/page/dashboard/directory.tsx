import { useEffect, useRef } from "preact/hooks";
import type { Room } from "../wire/message.js";
import { BidiText, HiddenName, isolateBidi } from "./bidi.js";
import { notBlank, onSubmit } from "./forms.js";
import { type Event, hostName, isConnected, type Place, type State, whyNotAdmitting } from "./state.js";
import { StatusLight } from "./status-light.js";
import { newId } from "./storage.js";

interface DirectoryProps {
  readonly state: State;
  readonly dispatch: (event: Event) => void;
}

/** The list of rooms, and the form that creates one. */
export const Directory = ({ state, dispatch }: DirectoryProps) => (
  <div class="directory">
    <Rooms state={state} dispatch={dispatch} />
    <CreateRoom isConnected={isConnected(state)} dispatch={dispatch} />
  </div>
);

const Rooms = ({ state, dispatch }: DirectoryProps) => (
  <section aria-labelledby="rooms-title">
    <div class="heading-row">
      <h1 id="rooms-title" tabIndex={-1}>
        Rooms
      </h1>
      {(state.rooms?.length ?? 0) > 0 && (
        // Visible only on narrow screens, where the form is below the list.
        <a class="jump-link" href="#create-room">
          Create a room ↓
        </a>
      )}
    </div>
    {state.place.kind === "waiting" && <Waiting place={state.place} dispatch={dispatch} />}
    <RoomList state={state} dispatch={dispatch} />
  </section>
);

const RoomList = ({ state, dispatch }: DirectoryProps) => {
  if (state.rooms === undefined) return <p class="empty-list">Loading the rooms…</p>;
  if (state.rooms.length === 0)
    return <p class="empty-list">There are no rooms yet. Create the first one: others will see it here at once.</p>;
  return (
    <ul class="rooms" aria-label="Rooms">
      {state.rooms.map((room) => (
        <RoomItem key={room.id} room={room} state={state} dispatch={dispatch} />
      ))}
    </ul>
  );
};

const RoomItem = ({ room, state, dispatch }: DirectoryProps & { readonly room: Room }) => {
  const isMine = room.hostId === state.me.id;
  const obstacle = isMine ? undefined : whyNotAdmitting(room);
  const canChoose = state.place.kind === "directory" && isConnected(state);
  return (
    <li class="room-item card" aria-label={room.name}>
      <div class="room-text">
        <h2>
          <bdi>{room.name}</bdi>
        </h2>
        {room.description !== "" && (
          <p class="description">
            <bdi>{room.description}</bdi>
          </p>
        )}
        <p class="note">
          <BidiText text={peopleText(room, isMine)} />
        </p>
        {obstacle !== undefined && (
          <p class="caution">
            <BidiText text={obstacle} />
          </p>
        )}
      </div>
      {obstacle === undefined && (
        <button type="button" disabled={!canChoose} onClick={() => dispatch({ kind: "RoomChosen", id: room.id })}>
          {isMine ? "Join" : "Ask to join"}
          <HiddenName name={room.name} />
        </button>
      )}
    </li>
  );
};

const peopleText = ({ host, participants }: Room, isMine: boolean): string => {
  const hosted = host === undefined ? "" : `Host: ${isMine ? "you" : isolateBidi(host)} · `;
  if (participants.length === 0) return `${hosted}Nobody in the room`;
  return `${hosted}In the room: ${participants.map(({ name }) => isolateBidi(name)).join(", ")}`;
};

interface WaitingProps {
  readonly place: Extract<Place, { readonly kind: "waiting" }>;
  readonly dispatch: (event: Event) => void;
}

const Waiting = ({ place, dispatch }: WaitingProps) => {
  const cancel = useRef<HTMLButtonElement>(null);
  useEffect(() => cancel.current?.focus(), []);
  return (
    <div class="waiting card">
      <StatusLight status="active" />
      <p role="status">
        <BidiText text={waitingText(place)} />
      </p>
      <button type="button" class="secondary" ref={cancel} onClick={() => dispatch({ kind: "WaitCancelled" })}>
        Cancel
      </button>
    </div>
  );
};

const waitingText = ({ room, missingSince }: WaitingProps["place"]): string => {
  const host = room.host === undefined ? "the host" : isolateBidi(room.host);
  const waiting = `Waiting for ${host} to admit you to “${isolateBidi(room.name)}”.`;
  return missingSince === undefined
    ? waiting
    : `${waiting} ${hostName(room)} is away at the moment; your request will be sent again when they are back.`;
};

const CreateRoom = ({
  isConnected,
  dispatch,
}: {
  readonly isConnected: boolean;
  readonly dispatch: (event: Event) => void;
}) => (
  <section class="create-room card" id="create-room" aria-labelledby="create-room-title">
    <h2 id="create-room-title">Create a room</h2>
    <form
      onSubmit={onSubmit(({ name, description = "" }) => {
        if (name) dispatch({ kind: "RoomCreated", id: newId("room"), name, description });
      })}
    >
      <label class="field">
        <span>Room name</span>
        <input name="name" maxLength={60} required {...notBlank} autocomplete="off" />
      </label>
      <label class="field">
        <span>
          Description <span class="note">(optional)</span>
        </span>
        <input name="description" maxLength={200} autocomplete="off" />
      </label>
      <button type="submit" disabled={!isConnected}>
        Create room
      </button>
      <p class="note">You will be the host: you decide who is admitted.</p>
    </form>
  </section>
);
