import { render } from "preact";
import { useEffect } from "preact/hooks";
import { fetchConfig } from "./config.js";
import { useKeptFocus } from "./focus.js";
import { isolated } from "./isolate.js";
import { Lobby } from "./lobby.js";
import { Masthead } from "./masthead.js";
import { loadName, placeOf, putTab, tabOf, takeTab } from "./memory.js";
import { RoomView } from "./room.js";
import { Sentence } from "./sentence.js";
import { type Event, initial, type State } from "./state.js";
import { session } from "./store.js";
import { Welcome } from "./welcome.js";

interface DashboardProps {
  readonly state: State;
  readonly tell: (event: Event) => void;
  readonly tryNow: () => void;
}

const Dashboard = ({ state, tell, tryNow }: DashboardProps) => {
  useTitle(state);
  useKeptFocus();
  return (
    <>
      <Masthead state={state} tell={tell} tryNow={tryNow} />
      <main class="main">
        <Notice text={state.notice} dismiss={() => tell({ kind: "NoticeDismissed" })} />
        <Stage state={state} tell={tell} />
      </main>
    </>
  );
};

const Stage = ({ state, tell }: Pick<DashboardProps, "state" | "tell">) => {
  if (state.me.name === "") return <Welcome tell={tell} />;
  if (state.place.kind === "room") return <RoomView state={state} place={state.place} tell={tell} />;
  return <Lobby state={state} tell={tell} />;
};

// The region is always there: a screen reader announces what changes in it, not that it appears.
const Notice = ({ text, dismiss }: { readonly text: string | undefined; readonly dismiss: () => void }) => (
  <div role="status" class="notices">
    {text !== undefined && (
      <p class="notice">
        <span>
          <Sentence text={text} />
        </span>
        <button type="button" class="quiet" onClick={dismiss}>
          Dismiss
        </button>
      </p>
    )}
  </div>
);

const useTitle = ({ requests, place }: State) => {
  const where = place.kind === "room" ? `${isolated(place.room.name)} · Signalbox` : "Signalbox";
  const title = requests.length > 0 ? `(${requests.length}) ${where}` : where;
  useEffect(() => {
    document.title = title;
  }, [title]);
};

const start = async (root: HTMLElement): Promise<void> => {
  const tab = takeTab();
  const draw = (state: State): void =>
    render(<Dashboard state={state} tell={(event) => live.dispatch(event)} tryNow={() => live.tryNow()} />, root);
  const first = initial({ id: tab.userId, name: loadName() }, placeOf(tab));
  const live = session(first, draw);
  draw(first);

  addEventListener("pagehide", () => {
    putTab(tabOf(live.state()));
    live.dispatch({ kind: "PageLeft" });
  });
  // Back from the browser's page cache, with everything hung up: begin as after a reload.
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
  live.connect(await fetchConfig());
};

const root = document.getElementById("page");
if (root !== null) {
  root.replaceChildren();
  void start(root);
}
