import type { DirectoryEntry } from "../../client/index.js";
import { isolateBidi } from "./bidi.js";
import { NameField, notBlank, onSubmit } from "./form.js";
import type { Meet } from "./meet.js";

export const Home = ({ meet }: { readonly meet: Meet }) => (
  <div class="home">
    <div class="hero">
      <h1 tabIndex={-1}>Meet, browser to browser</h1>
      <p class="lead">
        Make a room, send its link, and talk. Picture and sound go directly from one browser to the other.
      </p>
      <NameField name={meet.name} rename={meet.rename} />
    </div>
    <section class="directory" aria-labelledby="rooms-title">
      <h2 id="rooms-title">Rooms</h2>
      <Rooms rooms={meet.rooms} enter={meet.enter} />
    </section>
    <section class="card create-room" aria-labelledby="create-title">
      <h2 id="create-title">New room</h2>
      <form
        onSubmit={onSubmit(({ room, listed, lobby }) => {
          if (room) meet.create({ name: room, listed: listed === "on", lobby: lobby === "on" });
        })}
      >
        <label class="field">
          <span>Room name</span>
          <input name="room" required maxLength={60} {...notBlank} autocomplete="off" placeholder="Standup" />
        </label>
        <label class="check">
          <input type="checkbox" name="listed" defaultChecked />
          <span>
            Listed <span class="note">Everybody sees it in the list of rooms.</span>
          </span>
        </label>
        <label class="check">
          <input type="checkbox" name="lobby" />
          <span>
            Waiting room <span class="note">You let in who comes.</span>
          </span>
        </label>
        <button type="submit">Create room</button>
      </form>
    </section>
  </div>
);

interface RoomsProps {
  readonly rooms: ReadonlyArray<DirectoryEntry> | undefined;
  readonly enter: (room: string) => void;
}

const Rooms = ({ rooms, enter }: RoomsProps) => {
  if (rooms === undefined) return <p class="empty-list">Loading the list…</p>;
  if (rooms.length === 0) return <p class="empty-list">No rooms yet. The first one can be yours.</p>;
  return (
    <ul class="rooms" aria-labelledby="rooms-title">
      {rooms.map((room) => (
        <li key={room.id} class="card room-item">
          <div class="room-text">
            <h3>
              <bdi>{room.name}</bdi>
            </h3>
            <p class="note">
              {countText(room)}
              {room.lobby && <span class="tag">Waiting room</span>}
              {room.locked && <span class="tag">Locked</span>}
            </p>
          </div>
          <button
            type="button"
            class="secondary"
            aria-label={`Join ${isolateBidi(room.name)}`}
            disabled={room.participants >= room.capacity}
            onClick={() => enter(room.id)}
          >
            Join
          </button>
        </li>
      ))}
    </ul>
  );
};

const countText = ({ participants, capacity }: DirectoryEntry): string => {
  if (participants >= capacity) return `Full: ${participants} people`;
  if (participants === 0) return "Nobody is in it";
  return participants === 1 ? "1 person" : `${participants} people`;
};
