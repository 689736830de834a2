import { HiddenName } from "./bidi.js";
import type { Event, WaitingUser } from "./state.js";

interface LobbyProps {
  readonly lobby: ReadonlyArray<WaitingUser>;
  /** Without a connection to the server no answer would arrive. */
  readonly isConnected: boolean;
  readonly dispatch: (event: Event) => void;
}

/** Those who wait to be admitted. The live region is always present, so that screen readers announce who knocks. */
export const Lobby = ({ lobby, isConnected, dispatch }: LobbyProps) => (
  <section class="lobby" aria-label="Lobby" aria-live="polite">
    {lobby.map((user) => (
      <LobbyItem key={user.id} user={user} isConnected={isConnected} dispatch={dispatch} />
    ))}
  </section>
);

const LobbyItem = ({
  user: { id, name, isAdmitted },
  isConnected,
  dispatch,
}: Omit<LobbyProps, "lobby"> & { readonly user: WaitingUser }) => (
  <div class="lobby-item card">
    <p>
      <strong>
        <bdi>{name}</bdi>
      </strong>{" "}
      {isAdmitted ? "was admitted, but has not joined yet." : "asks to join."}
    </p>
    <div class="buttons">
      <button type="button" disabled={!isConnected} onClick={() => dispatch({ kind: "UserAdmitted", id })}>
        {isAdmitted ? "Admit again" : "Admit"}
        <HiddenName name={name} />
      </button>
      <button
        type="button"
        class="secondary"
        disabled={!isConnected}
        onClick={() => dispatch({ kind: "UserDenied", id })}
      >
        Deny
        <HiddenName name={name} />
      </button>
    </div>
  </div>
);
