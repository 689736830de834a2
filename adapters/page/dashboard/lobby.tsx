import { useEffect, useRef } from "preact/hooks";
import { notBlank, submitted } from "./form.js";
import { isolated } from "./isolate.js";
import { Bulb } from "./lamp.js";
import { newId } from "./memory.js";
import type { Room } from "./message.js";
import { Sentence } from "./sentence.js";
import { closedDoor, type Event, type Place, type State } from "./state.js";

interface LobbyProps {
  readonly state: State;
  readonly tell: (event: Event) => void;
}

export const Lobby = ({ state, tell }: LobbyProps) => (
  <div class="lobby">
    <Rooms state={state} tell={tell} />
    <Opening isConnected={state.line.kind === "open"} tell={tell} />
  </div>
);

const Rooms = ({ state, tell }: LobbyProps) => (
  <section aria-labelledby="rooms-title">
    <div class="rooms-head">
      <h1 id="rooms-title" tabIndex={-1}>
        Rooms
      </h1>
      {(state.rooms?.length ?? 0) > 0 && (
        // Seen only where the form is below the list.
        <a class="jump" href="#opening">
          Open a room ↓
        </a>
      )}
    </div>
    {state.place.kind === "asking" && <Asking place={state.place} tell={tell} />}
    <RoomList state={state} tell={tell} />
  </section>
);

const RoomList = ({ state, tell }: LobbyProps) => {
  if (state.rooms === undefined) return <p class="vacant">Asking the server which rooms there are…</p>;
  if (state.rooms.length === 0)
    return <p class="vacant">There is no room yet. Open the first one: others will see it here at once.</p>;
  return (
    <ul class="rooms" aria-label="Rooms">
      {state.rooms.map((room) => (
        <RoomItem key={room.id} room={room} state={state} tell={tell} />
      ))}
    </ul>
  );
};

const RoomItem = ({ room, state, tell }: LobbyProps & { readonly room: Room }) => {
  const isMine = room.hostId === state.me.id;
  const why = isMine ? undefined : closedDoor(room);
  const mayAsk = state.place.kind === "lobby" && state.line.kind === "open";
  return (
    <li class="room-item card" aria-label={room.name}>
      <div class="room-words">
        <h2>
          <bdi>{room.name}</bdi>
        </h2>
        {room.description !== "" && (
          <p class="description">
            <bdi>{room.description}</bdi>
          </p>
        )}
        <p class="aside">
          <Sentence text={insideWords(room, isMine)} />
        </p>
        {why !== undefined && (
          <p class="caution">
            <Sentence text={why} />
          </p>
        )}
      </div>
      {why === undefined && (
        <button type="button" disabled={!mayAsk} onClick={() => tell({ kind: "RoomEntered", id: room.id })}>
          {isMine ? "Go in" : "Ask to join"}
          <span class="unseen">
            {" "}
            <bdi>{room.name}</bdi>
          </span>
        </button>
      )}
    </li>
  );
};

const insideWords = ({ host, participants }: Room, isMine: boolean): string => {
  const hosted = host === undefined ? "" : `Hosted by ${isMine ? "you" : isolated(host)} · `;
  if (participants.length === 0) return `${hosted}nobody inside`;
  return `${hosted}${participants.map(({ name }) => isolated(name)).join(", ")} inside`;
};

interface AskingProps {
  readonly place: Extract<Place, { readonly kind: "asking" }>;
  readonly tell: (event: Event) => void;
}

const Asking = ({ place, tell }: AskingProps) => {
  const cancel = useRef<HTMLButtonElement>(null);
  useEffect(() => cancel.current?.focus(), []);
  return (
    <div class="asking card">
      <Bulb lamp="underway" />
      <p role="status">
        <Sentence text={askingWords(place)} />
      </p>
      <button type="button" class="quiet" ref={cancel} onClick={() => tell({ kind: "AskingWithdrawn" })}>
        Cancel
      </button>
    </div>
  );
};

const askingWords = ({ room, missingSince }: AskingProps["place"]): string => {
  const host = room.host === undefined ? "the host" : isolated(room.host);
  const door = `Waiting for ${host} to let you into “${isolated(room.name)}”.`;
  return missingSince === undefined ? door : `${door} They are away at the moment; you ask again when they are back.`;
};

const Opening = ({ isConnected, tell }: { readonly isConnected: boolean; readonly tell: (event: Event) => void }) => (
  <section class="opening card" id="opening" aria-labelledby="opening-title">
    <h2 id="opening-title">Open a room</h2>
    <form
      onSubmit={submitted(({ name, description = "" }) => {
        if (name) tell({ kind: "RoomOpened", id: newId("room"), name, description });
      })}
    >
      <label class="field">
        <span>Room name</span>
        <input name="name" maxLength={60} required {...notBlank} autocomplete="off" />
      </label>
      <label class="field">
        <span>
          What is it about? <span class="aside">(optional)</span>
        </span>
        <input name="description" maxLength={200} autocomplete="off" />
      </label>
      <button type="submit" disabled={!isConnected}>
        Open room
      </button>
      <p class="aside">You are its host: you decide who comes in.</p>
    </form>
  </section>
);
