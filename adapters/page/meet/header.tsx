import type { Meet } from "./meet.js";
import type { ServerState } from "./server.js";

export const Header = ({ meet }: { readonly meet: Meet }) => (
  <header class="page-header">
    <p class="brand">
      <img class="logo" src="/icon.svg" alt="" />
      <Home meet={meet} />
    </p>
    <ServerStatus state={meet.server} />
    <nav>
      {/* In a window of its own: leaving this page would leave the room. */}
      <a href="/ws-test.html" target="_blank" rel="noopener">
        Console
      </a>
    </nav>
  </header>
);

/** In a call, the way out is the button that says so. */
const Home = ({ meet }: { readonly meet: Meet }) =>
  meet.scene.kind === "call" ? (
    <span>Signalbox</span>
  ) : (
    <a
      href="/"
      onClick={(event) => {
        event.preventDefault();
        meet.goHome();
      }}
    >
      Signalbox
    </a>
  );

const ServerStatus = ({ state }: { readonly state: ServerState }) => (
  <p class={`server-status server-${state.kind}`}>
    <span class="dot" aria-hidden="true" />
    <span role="status">{statusText(state)}</span>
  </p>
);

const statusText = (state: ServerState): string => {
  switch (state.kind) {
    case "connecting":
      return "Connecting…";
    case "connected":
      return "Connected";
    case "reconnecting":
      return "Connection lost. Reconnecting…";
    case "unreachable":
      return "The server cannot be reached. Trying again…";
    case "replaced":
      return "Not connected: a newer window has taken over";
    case "refused":
      return `Not connected: ${state.why}`;
  }
};
