import { useEffect, useRef } from "preact/hooks";
import { submitted } from "./form.js";
import { Bulb } from "./lamp.js";
import { newId } from "./memory.js";
import type { Room } from "./message.js";
import { closedDoor, type Event, type State } from "./state.js";

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

const Rooms = ({ state, tell }: LobbyProps) => {
  return (
    <section aria-labelledby="rooms-title">
      <h1 id="rooms-title" tabIndex={-1}>
        Rooms
      </h1>
      {state.place.kind === "asking" && (
        <Asking host={state.place.room.host} name={state.place.room.name} tell={tell} />
      )}
      <RoomList state={state} tell={tell} />
    </section>
  );
};

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
        <h2>{room.name}</h2>
        {room.description !== "" && <p>{room.description}</p>}
        <p class="aside">
          {room.host !== undefined && `Hosted by ${isMine ? "you" : room.host} · `}
          {room.participants.length === 0
            ? "nobody inside"
            : `${room.participants.map(({ name }) => name).join(", ")} inside`}
        </p>
        {why !== undefined && <p class="caution">{why}</p>}
      </div>
      {why === undefined && (
        <button type="button" disabled={!mayAsk} onClick={() => tell({ kind: "RoomEntered", id: room.id })}>
          {isMine ? "Go in" : "Ask to join"}
          <span class="unseen"> {room.name}</span>
        </button>
      )}
    </li>
  );
};

interface AskingProps {
  readonly host: string | undefined;
  readonly name: string;
  readonly tell: (event: Event) => void;
}

const Asking = ({ host, name, tell }: AskingProps) => {
  const cancel = useRef<HTMLButtonElement>(null);
  useEffect(() => cancel.current?.focus(), []);
  return (
    <div class="asking card">
      <Bulb lamp="underway" />
      <p role="status">
        Waiting for {host ?? "the host"} to let you into “{name}”.
      </p>
      <button type="button" class="quiet" ref={cancel} onClick={() => tell({ kind: "AskingWithdrawn" })}>
        Cancel
      </button>
    </div>
  );
};

const Opening = ({ isConnected, tell }: { readonly isConnected: boolean; readonly tell: (event: Event) => void }) => (
  <section class="opening card" aria-labelledby="opening-title">
    <h2 id="opening-title">Open a room</h2>
    <form
      onSubmit={submitted(({ name, description = "" }) => {
        if (name) tell({ kind: "RoomOpened", id: newId("room"), name, description });
      })}
    >
      <label class="field">
        <span>Room name</span>
        <input name="name" maxLength={60} required autocomplete="off" />
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
