import { Chat } from "./chat.js";
import { isolated } from "./isolate.js";
import { People } from "./people.js";
import { Requests } from "./requests.js";
import { Sentence } from "./sentence.js";
import { type Event, isHost, isHostAway, listedRoom, type Place, type State } from "./state.js";

interface RoomViewProps {
  readonly state: State;
  readonly place: Extract<Place, { readonly kind: "room" }>;
  readonly tell: (event: Event) => void;
}

export const RoomView = ({ state, place, tell }: RoomViewProps) => (
  <section class="room" aria-labelledby="room-title">
    <header class="room-head">
      <div>
        <h1 id="room-title" tabIndex={-1}>
          <bdi>{place.room.name}</bdi>
        </h1>
        {place.room.description !== "" && (
          <p class="aside description">
            <bdi>{place.room.description}</bdi>
          </p>
        )}
        <p class="caution" role="status">
          <Sentence text={doorWords(state, place)} />
        </p>
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

/** What those inside should know of the door: without the host nobody else can come in. */
const doorWords = (state: State, { room, seat }: RoomViewProps["place"]): string => {
  const listed = listedRoom(state, room.id);
  if (state.line.kind !== "open" || seat !== "taken" || listed === undefined || !isHostAway(listed)) return "";
  const who = room.host === undefined ? "The host" : `${isolated(room.host)}, the host,`;
  return `${who} is away; nobody can be let in until they return.`;
};
