import { useEffect, useState } from "preact/hooks";
import { NameForm } from "./forms.js";
import type { Event, ServerStatus, State } from "./state.js";
import { StatusLight } from "./status-light.js";

interface PageHeaderProps {
  readonly state: State;
  readonly dispatch: (event: Event) => void;
  readonly reconnect: () => void;
}

export const PageHeader = ({ state, dispatch, reconnect }: PageHeaderProps) => (
  <header class="page-header">
    <p class="brand">
      <img class="logo" src="/icon.svg" alt="" />
      Signalbox
    </p>
    <ServerState server={state.server} clientCount={state.clientCount} reconnect={reconnect} />
    {state.me.name !== "" && (
      <OwnName
        name={state.me.name}
        canChange={state.place.kind === "directory"}
        onName={(name) => dispatch({ kind: "NameChanged", name })}
      />
    )}
    <nav>
      {/* In a window of its own: leaving this page would leave the room. */}
      <a href="/ws-test.html" target="_blank" rel="noopener">
        Console
      </a>
    </nav>
  </header>
);

interface ServerStateProps {
  readonly server: ServerStatus;
  readonly clientCount: number | undefined;
  readonly reconnect: () => void;
}

const ServerState = ({ server, clientCount, reconnect }: ServerStateProps) => (
  <div class="server-status">
    <StatusLight status={lights[server.kind]} />
    <p>
      <span role="status">{serverText(server)}</span>
      {server.kind === "connected" && clientCount !== undefined && (
        <span class="note" data-testid="clients">
          {` · ${clientCount} ${clientCount === 1 ? "client" : "clients"}`}
        </span>
      )}
      {server.kind === "disconnected" && <Countdown until={server.retryAt} />}
    </p>
    {server.kind === "disconnected" && (
      <button type="button" class="secondary" onClick={reconnect}>
        Try now
      </button>
    )}
  </div>
);

const lights = { connecting: "active", connected: "done", disconnected: "failed" } as const;

const serverText = (server: ServerStatus): string => {
  switch (server.kind) {
    case "connecting":
      return "Connecting…";
    case "connected":
      return "Connected";
    case "disconnected":
      return `Not connected. ${server.reason}`;
  }
};

// Outside the live region, so that screen readers do not announce every second.
const Countdown = ({ until }: { readonly until: number }) => {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, []);
  return <span class="note">{` Next attempt in ${Math.max(1, Math.ceil((until - now) / 1000))} s.`}</span>;
};

interface OwnNameProps {
  readonly name: string;
  readonly canChange: boolean;
  readonly onName: (name: string) => void;
}

const OwnName = ({ name, canChange, onName }: OwnNameProps) => {
  const [isChanging, setChanging] = useState(false);
  if (isChanging && canChange)
    return (
      <NameForm
        label="Your name"
        action="Save"
        name={name}
        onName={(changed) => {
          setChanging(false);
          onName(changed);
        }}
      />
    );
  return (
    <p class="own-name">
      <strong>
        <bdi>{name}</bdi>
      </strong>
      {canChange && (
        <button type="button" class="secondary" onClick={() => setChanging(true)}>
          Change<span class="visually-hidden"> name</span>
        </button>
      )}
    </p>
  );
};
