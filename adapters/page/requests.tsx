import type { Person } from "./message.js";
import type { Event } from "./state.js";

interface RequestsProps {
  readonly asking: ReadonlyArray<Person>;
  /** Without a line no answer would arrive. */
  readonly isConnected: boolean;
  readonly tell: (event: Event) => void;
}

/** Those at the door. The region is always there, so that a screen reader tells who comes. */
export const Requests = ({ asking, isConnected, tell }: RequestsProps) => (
  <section class="requests" aria-label="Requests to join" aria-live="polite">
    {asking.map(({ id, name }) => (
      <div key={id} class="request card">
        <p>
          <strong>{name}</strong> asks to join.
        </p>
        <div class="choices">
          <button
            type="button"
            disabled={!isConnected}
            onClick={() => tell({ kind: "RequestAnswered", id, isApproved: true })}
          >
            Let in<span class="unseen"> {name}</span>
          </button>
          <button
            type="button"
            class="quiet"
            disabled={!isConnected}
            onClick={() => tell({ kind: "RequestAnswered", id, isApproved: false })}
          >
            Turn away<span class="unseen"> {name}</span>
          </button>
        </div>
      </div>
    ))}
  </section>
);
