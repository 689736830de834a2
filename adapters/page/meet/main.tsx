import { render } from "preact";
import { App } from "./app.js";
import { openMeet } from "./meet.js";

const start = (root: HTMLElement): void => {
  let isDue = false;
  // Much happens in one go, and is drawn once.
  const redraw = (): void => {
    if (isDue) return;
    isDue = true;
    queueMicrotask(() => {
      isDue = false;
      render(<App meet={meet} />, root);
    });
  };
  const meet = openMeet(redraw);
  addEventListener("popstate", meet.arrive);
  addEventListener("pagehide", meet.depart);
  // A page that comes out of the browser's cache has lost its socket, and its room goes on in nobody's hands.
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
  meet.arrive();
  redraw();
};

const root = document.getElementById("page");
if (root === null) throw new Error("index.html has no #page");
start(root);
