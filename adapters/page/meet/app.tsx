import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { isolateBidi } from "./bidi.js";
import { CallView } from "./call-view.js";
import { Door, Entering, Over, WaitingRoom } from "./door.js";
import { Header } from "./header.js";
import { Home } from "./home.js";
import type { Meet } from "./meet.js";
import { Notice } from "./notice.js";
import { TokenForm } from "./token-form.js";

export const App = ({ meet }: { readonly meet: Meet }) => {
  useTitle(meet);
  useFocusFallback();
  return (
    <>
      <Header meet={meet} />
      <main class={meet.scene.kind === "call" ? "main main-wide" : "main"}>
        <Notice text={meet.notice} dismiss={meet.dismiss} />
        {meet.server.kind === "refused" && meet.server.wantsToken && <TokenForm showToken={meet.showToken} />}
        <View meet={meet} />
      </main>
    </>
  );
};

const View = ({ meet }: { readonly meet: Meet }) => {
  const { scene } = meet;
  switch (scene.kind) {
    case "home":
      return <Home meet={meet} />;
    case "door":
      return <Door meet={meet} room={scene.room} />;
    case "entering":
      return <Entering meet={meet} room={scene.room} />;
    case "waiting":
      return <WaitingRoom meet={meet} waiting={scene.waiting} />;
    case "call":
      return <CallView call={scene.call} leave={meet.leave} />;
    case "over":
      return <Over meet={meet} scene={scene} />;
  }
};

const titleOf = ({ scene }: Meet): string => {
  if (scene.kind === "call") {
    const waiting = scene.call.room.waiting.size;
    return `${waiting > 0 ? `(${waiting}) ` : ""}${isolateBidi(scene.call.room.name)} · Signalbox`;
  }
  if (scene.kind === "home") return "Signalbox";
  return `${isolateBidi(scene.kind === "waiting" ? scene.waiting.name : scene.room)} · Signalbox`;
};

const useTitle = (meet: Meet): void => {
  const title = titleOf(meet);
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
