import { render } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { fetchConfig } from "../wire/server.js";
import { BidiText, isolateBidi } from "./bidi.js";
import { Directory } from "./directory.js";
import { PageHeader } from "./header.js";
import { RoomView } from "./room.js";
import { type Event, initialState, type State } from "./state.js";
import { loadName, loadUser, placeOf, savedUserOf, saveUser } from "./storage.js";
import { createStore } from "./store.js";
import { Welcome } from "./welcome.js";

interface DashboardProps {
  readonly state: State;
  readonly dispatch: (event: Event) => void;
  readonly reconnect: () => void;
}

const Dashboard = ({ state, dispatch, reconnect }: DashboardProps) => {
  useTitle(state);
  useFocusFallback();
  return (
    <>
      <PageHeader state={state} dispatch={dispatch} reconnect={reconnect} />
      <main class="main">
        <Notice text={state.notice} dismiss={() => dispatch({ kind: "NoticeDismissed" })} />
        <View state={state} dispatch={dispatch} />
      </main>
    </>
  );
};

const View = ({ state, dispatch }: Pick<DashboardProps, "state" | "dispatch">) => {
  if (state.me.name === "") return <Welcome dispatch={dispatch} />;
  if (state.place.kind === "room") return <RoomView state={state} place={state.place} dispatch={dispatch} />;
  return <Directory state={state} dispatch={dispatch} />;
};

// The live region is always present: screen readers announce changes in it, not its appearance.
const Notice = ({ text, dismiss }: { readonly text: string | undefined; readonly dismiss: () => void }) => (
  <div role="status">
    {text !== undefined && (
      <p class="notice">
        <span>
          <BidiText text={text} />
        </span>
        <button type="button" class="secondary" onClick={dismiss}>
          Dismiss
        </button>
      </p>
    )}
  </div>
);

const useTitle = ({ lobby, place }: State) => {
  const where = place.kind === "room" ? `${isolateBidi(place.room.name)} · Signalbox` : "Signalbox";
  const title = lobby.length > 0 ? `(${lobby.length}) ${where}` : where;
  useEffect(() => {
    document.title = title;
  }, [title]);
};

/** When the focused element disappears, moves the focus to the heading instead of the start of the page. */
const useFocusFallback = (): void => {
  const lastFocused = useRef<EventTarget | null>(null);
  // Layout effects run before the effects of the views, which may set the focus.
  useLayoutEffect(() => {
    const remember = ({ target }: FocusEvent) => {
      lastFocused.current = target;
    };
    document.addEventListener("focusin", remember);
    return () => document.removeEventListener("focusin", remember);
  }, []);
  useLayoutEffect(() => {
    if (lastFocused.current instanceof Element && !lastFocused.current.isConnected)
      document.querySelector("h1")?.focus();
  });
};

const start = async (root: HTMLElement): Promise<void> => {
  const user = loadUser();
  const draw = (state: State): void =>
    render(
      <Dashboard state={state} dispatch={(event) => store.dispatch(event)} reconnect={() => store.reconnect()} />,
      root,
    );
  const first = initialState({ id: user.id, name: loadName() }, placeOf(user));
  const store = createStore(first, draw);
  draw(first);

  addEventListener("pagehide", () => {
    saveUser(savedUserOf(store.state()));
    store.dispatch({ kind: "PageLeft" });
  });
  // A page that comes back from the browser's back/forward cache has no connections left, so it is reloaded.
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
  store.start(await fetchConfig());
};

const root = document.getElementById("page");
if (root !== null) {
  root.replaceChildren();
  void start(root);
}
