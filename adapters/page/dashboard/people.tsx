import { isolated } from "./isolate.js";
import { Track } from "./lamp.js";
import { explain, lampsOf, steps } from "./progress.js";
import { Sentence } from "./sentence.js";
import type { Event, PeerState, Place, State } from "./state.js";

interface PeopleProps {
  readonly state: State;
  readonly place: Extract<Place, { readonly kind: "room" }>;
  readonly isHost: boolean;
  readonly tell: (event: Event) => void;
}

export const People = ({ state, place, isHost, tell }: PeopleProps) => (
  <section class="people card" aria-labelledby="people-title">
    <h2 id="people-title">
      People <span class="aside">{state.peers.length + 1}</span>
    </h2>
    <ul aria-label="People">
      <li class="person" aria-label={`${state.me.name} (you)`}>
        <p class="person-name">
          <bdi>{state.me.name}</bdi> <span class="tag">you</span>
          {isHost && <span class="tag">host</span>}
        </p>
        <p class="aside">{seatWords(place, state)}</p>
      </li>
      {state.peers.map((peer) => (
        <PeerItem
          key={peer.id}
          peer={peer}
          hasStun={state.hasStun}
          isTheHost={peer.id === place.room.hostId}
          mayRemove={isHost && state.line.kind === "open"}
          tell={tell}
        />
      ))}
    </ul>
    {state.peers.length === 0 && (
      <p class="empty">Nobody else is here yet. Others see this room in their list and can ask to join.</p>
    )}
  </section>
);

const seatWords = (place: PeopleProps["place"], { line }: State): string => {
  if (line.kind !== "open") return "Not connected to the server. Open connections to people go on.";
  return place.seat === "taken" ? "In the room." : "Taking a seat…";
};

interface PeerItemProps {
  readonly peer: PeerState;
  readonly hasStun: boolean;
  readonly isTheHost: boolean;
  readonly mayRemove: boolean;
  readonly tell: (event: Event) => void;
}

const PeerItem = ({ peer, hasStun, isTheHost, mayRemove, tell }: PeerItemProps) => {
  const { id, name, progress, missingSince } = peer;
  const lamps = lampsOf(progress);
  return (
    <li class="person" aria-label={name} data-stage={progress.stage}>
      <p class="person-name">
        <bdi>{name}</bdi> {isTheHost && <span class="tag">host</span>}
      </p>
      <Track
        label={`Connection to ${name}`}
        steps={[
          [steps[0], lamps[0]],
          [steps[1], lamps[1]],
          [steps[2], lamps[2]],
        ]}
      />
      <p class={progress.stage === "failed" ? "warning" : "aside"} role="status">
        <Sentence text={explain(progress, { name: isolated(name), hasStun, isMissing: missingSince !== undefined })} />
      </p>
      <div class="choices">
        {(progress.stage === "failed" || progress.stage === "closed") && (
          <button type="button" class="small" onClick={() => tell({ kind: "PeerRetried", id })}>
            Try again
            <span class="unseen">
              {" "}
              with <bdi>{name}</bdi>
            </span>
          </button>
        )}
        {mayRemove && (
          <button
            type="button"
            class="quiet small"
            onClick={() => tell({ kind: "ParticipantRemoved", id, at: Date.now() })}
          >
            Remove
            <span class="unseen">
              {" "}
              <bdi>{name}</bdi>
            </span>
          </button>
        )}
      </div>
    </li>
  );
};
