import { Chat } from "./chat.js";
import { People } from "./people.js";
import { Requests } from "./requests.js";
import { type Event, isHost, type Place, type State } from "./state.js";

interface RoomViewProps {
  readonly state: State;
  readonly place: Extract<Place, { readonly kind: "room" }>;
  readonly tell: (event: Event) => void;
}

export const RoomView = ({ state, place, tell }: RoomViewProps) => {
  return (
    <section class="room" aria-labelledby="room-title">
      <header class="room-head">
        <div>
          <h1 id="room-title" tabIndex={-1}>
            {place.room.name}
          </h1>
          {place.room.description !== "" && <p class="aside">{place.room.description}</p>}
        </div>
        <button type="button" class="quiet" onClick={() => tell({ kind: "RoomLeft" })}>
          Leave room
        </button>
      </header>
      <Requests asking={state.requests} isConnected={state.line.kind === "open"} tell={tell} />
      <People state={state} place={place} isHost={isHost(state)} tell={tell} />
      <Chat state={state} tell={tell} />
    </section>
  );
};
