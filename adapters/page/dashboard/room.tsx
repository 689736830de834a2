import { BidiText, isolateBidi } from "./bidi.js";
import { Chat } from "./chat.js";
import { Lobby } from "./lobby.js";
import { People } from "./people.js";
import { type Event, isConnected, isHost, isHostAway, listedRoom, type Place, type State } from "./state.js";

interface RoomViewProps {
  readonly state: State;
  readonly place: Extract<Place, { readonly kind: "room" }>;
  readonly dispatch: (event: Event) => void;
}

export const RoomView = ({ state, place, dispatch }: RoomViewProps) => (
  <section class="room" aria-labelledby="room-title">
    <header class="room-header">
      <div>
        <h1 id="room-title" tabIndex={-1}>
          <bdi>{place.room.name}</bdi>
        </h1>
        {place.room.description !== "" && (
          <p class="note description">
            <bdi>{place.room.description}</bdi>
          </p>
        )}
        <p class="caution" role="status">
          <BidiText text={hostAwayText(state, place)} />
        </p>
      </div>
      <button type="button" class="secondary" onClick={() => dispatch({ kind: "RoomLeft" })}>
        Leave room
      </button>
    </header>
    <Lobby lobby={state.lobby} isConnected={isConnected(state)} dispatch={dispatch} />
    <People state={state} place={place} isHost={isHost(state)} dispatch={dispatch} />
    <Chat state={state} dispatch={dispatch} />
  </section>
);

/** Empty unless the host is away. */
const hostAwayText = (state: State, { room, membership }: RoomViewProps["place"]): string => {
  const listed = listedRoom(state, room.id);
  if (!isConnected(state) || membership !== "confirmed" || listed === undefined || !isHostAway(listed)) return "";
  const host = room.host === undefined ? "The host" : `${isolateBidi(room.host)}, the host,`;
  return `${host} is away. Nobody can be admitted until they are back.`;
};
