import { useEffect, useState } from "preact/hooks";
import { Bulb } from "./lamp.js";
import { NameForm } from "./name-form.js";
import type { Event, Line, State } from "./state.js";

interface MastheadProps {
  readonly state: State;
  readonly tell: (event: Event) => void;
  readonly tryNow: () => void;
}

export const Masthead = ({ state, tell, tryNow }: MastheadProps) => (
  <header class="masthead">
    <p class="brand">
      <Mark />
      Signalbox
    </p>
    <LineState line={state.line} clients={state.clients} tryNow={tryNow} />
    {state.me.name !== "" && (
      <Me
        name={state.me.name}
        mayChange={state.place.kind === "lobby"}
        rename={(name) => tell({ kind: "Named", name })}
      />
    )}
  </header>
);

const Mark = () => (
  <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
    <rect class="mark-plate" width="32" height="32" rx="8" />
    <rect class="mark-head" x="11" y="4" width="10" height="24" rx="5" />
    <circle class="mark-red" cx="16" cy="9.5" r="2.6" />
    <circle class="mark-amber" cx="16" cy="16" r="2.6" />
    <circle class="mark-green" cx="16" cy="22.5" r="2.9" />
  </svg>
);

interface LineStateProps {
  readonly line: Line;
  readonly clients: number | undefined;
  readonly tryNow: () => void;
}

const LineState = ({ line, clients, tryNow }: LineStateProps) => (
  <div class="line-state">
    <Bulb lamp={line.kind === "open" ? "done" : line.kind === "down" ? "failed" : "underway"} />
    <p>
      <span role="status">{lineWords(line)}</span>
      {line.kind === "open" && clients !== undefined && (
        <span class="aside" data-testid="clients">
          {` · ${clients} ${clients === 1 ? "client" : "clients"}`}
        </span>
      )}
      {line.kind === "down" && <Countdown until={line.retryAt} />}
    </p>
    {line.kind === "down" && (
      <button type="button" class="quiet" onClick={tryNow}>
        Try now
      </button>
    )}
  </div>
);

const lineWords = (line: Line): string => {
  switch (line.kind) {
    case "open":
      return "Connected";
    case "trying":
      return "Connecting…";
    case "down":
      return `Not connected. ${line.why}`;
  }
};

// Outside the live region: a screen reader is not told every second.
const Countdown = ({ until }: { readonly until: number }) => {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const ticking = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(ticking);
  }, []);
  return <span class="aside">{` Next try in ${Math.max(1, Math.ceil((until - now) / 1000))} s.`}</span>;
};

interface MeProps {
  readonly name: string;
  readonly mayChange: boolean;
  readonly rename: (name: string) => void;
}

const Me = ({ name, mayChange, rename }: MeProps) => {
  const [isChanging, setChanging] = useState(false);
  if (isChanging && mayChange)
    return (
      <NameForm
        label="Your name"
        action="Save"
        name={name}
        named={(changed) => {
          setChanging(false);
          rename(changed);
        }}
      />
    );
  return (
    <p class="me">
      <span class="me-name">
        <bdi>{name}</bdi>
      </span>
      {mayChange && (
        <button type="button" class="quiet" onClick={() => setChanging(true)}>
          Change<span class="unseen"> name</span>
        </button>
      )}
    </p>
  );
};
