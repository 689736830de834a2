import { render } from "preact";
import { useEffect } from "preact/hooks";
import { fetchConfig } from "./config.js";
import { useKeptFocus } from "./focus.js";
import { Lobby } from "./lobby.js";
import { Masthead } from "./masthead.js";
import { putTab, rememberedName, takeTab } from "./memory.js";
import { RoomView } from "./room.js";
import { session } from "./session.js";
import { type Event, initial, type State } from "./state.js";
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
        <span>{text}</span>
        <button type="button" class="quiet" onClick={dismiss}>
          Dismiss
        </button>
      </p>
    )}
  </div>
);

const useTitle = ({ requests, place }: State) => {
  const where = place.kind === "room" ? `${place.room.name} · Signalbox` : "Signalbox";
  const title = requests.length > 0 ? `(${requests.length}) ${where}` : where;
  useEffect(() => {
    document.title = title;
  }, [title]);
};

const start = async (root: HTMLElement): Promise<void> => {
  const tab = takeTab();
  const config = await fetchConfig();
  const me = { id: tab.userId, name: rememberedName() };
  const first = initial(
    me,
    config.stunServers.length > 0,
    tab.room ? { kind: "room", room: tab.room, seat: "none", wasSeated: true } : { kind: "lobby" },
  );
  const draw = (state: State): void =>
    render(<Dashboard state={state} tell={(event) => live.dispatch(event)} tryNow={() => live.tryNow()} />, root);
  const live = session(config, first, draw);

  addEventListener("pagehide", () => {
    const { me: user, place } = live.state();
    putTab({ userId: user.id, room: place.kind === "room" ? place.room : undefined });
  });
  // Back from the browser's page cache: the id is in use again.
  addEventListener("pageshow", ({ persisted }) => persisted && takeTab());
};

const root = document.getElementById("page");
if (root !== null) {
  root.replaceChildren();
  void start(root);
}
