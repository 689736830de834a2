import { BidiText, HiddenName, isolateBidi } from "./bidi.js";
import { explainProgress, stepNames, stepStatuses } from "./progress.js";
import { type Event, isConnected, type PeerState, type Place, type State } from "./state.js";
import { StepList } from "./status-light.js";

interface PeopleProps {
  readonly state: State;
  readonly place: Extract<Place, { readonly kind: "room" }>;
  readonly isHost: boolean;
  readonly dispatch: (event: Event) => void;
}

/** The participants of the room, and the connection to each. */
export const People = ({ state, place, isHost, dispatch }: PeopleProps) => (
  <section class="people card" aria-labelledby="people-title">
    <h2 id="people-title">
      People <span class="note">{state.peers.length + 1}</span>
    </h2>
    <ul aria-label="People">
      <li class="person" aria-label={`${state.me.name} (you)`}>
        <p class="person-name">
          <bdi>{state.me.name}</bdi> <span class="tag">you</span>
          {isHost && <span class="tag">host</span>}
        </p>
        <p class="note">{membershipText(place, state)}</p>
      </li>
      {state.peers.map((peer) => (
        <PeerItem
          key={peer.id}
          peer={peer}
          hasStun={state.hasStun}
          isRoomHost={peer.id === place.room.hostId}
          canRemove={isHost && isConnected(state)}
          dispatch={dispatch}
        />
      ))}
    </ul>
    {state.peers.length === 0 && (
      <p class="empty">Nobody else is here yet. Others see this room in the list of rooms and can ask to join.</p>
    )}
  </section>
);

const membershipText = (place: PeopleProps["place"], state: State): string => {
  if (!isConnected(state)) return "Not connected to the server. Your connections to others stay open.";
  return place.membership === "confirmed" ? "In the room." : "Joining…";
};

interface PeerItemProps {
  readonly peer: PeerState;
  readonly hasStun: boolean;
  readonly isRoomHost: boolean;
  readonly canRemove: boolean;
  readonly dispatch: (event: Event) => void;
}

const PeerItem = ({ peer, hasStun, isRoomHost, canRemove, dispatch }: PeerItemProps) => {
  const { id, name, progress, missingSince } = peer;
  const [signalling, ice, open] = stepStatuses(progress);
  const context = { name: isolateBidi(name), hasStun, isMissing: missingSince !== undefined };
  return (
    <li class="person" aria-label={name} data-stage={progress.stage}>
      <p class="person-name">
        <bdi>{name}</bdi> {isRoomHost && <span class="tag">host</span>}
      </p>
      <StepList
        label={`Connection to ${name}`}
        steps={[
          [stepNames[0], signalling],
          [stepNames[1], ice],
          [stepNames[2], open],
        ]}
      />
      <p class={progress.stage === "failed" ? "warning" : "note"} role="status">
        <BidiText text={explainProgress(progress, context)} />
      </p>
      <div class="buttons">
        {(progress.stage === "failed" || progress.stage === "closed") && (
          <button type="button" class="small" onClick={() => dispatch({ kind: "PeerRetried", id })}>
            Try again
            <HiddenName name={name} preposition="with " />
          </button>
        )}
        {canRemove && (
          <button
            type="button"
            class="secondary small"
            onClick={() => dispatch({ kind: "ParticipantRemoved", id, at: Date.now() })}
          >
            Remove
            <HiddenName name={name} />
          </button>
        )}
      </div>
    </li>
  );
};
