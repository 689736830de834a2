import { explainClose } from "../dashboard/close-code.js";
import { fetchConfig, ownUrl } from "../dashboard/config.js";
import { readyMade } from "../dashboard/ready-made.js";

type Direction = "sent" | "received" | "event" | "failed";

const framesMax = 500;

/** An element of ws-test.html. */
const part = <E extends HTMLElement>(id: string, kind: new () => E): E => {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`ws-test.html has no ${kind.name} with the id ${id}`);
  return element;
};

const url = part("url", HTMLInputElement);
const text = part("text", HTMLTextAreaElement);
const connect = part("connect", HTMLButtonElement);
const send = part("send", HTMLButtonElement);
const log = part("log", HTMLDivElement);
// A keyboard must be able to scroll it.
log.tabIndex = 0;

let socket: WebSocket | undefined;

const pretty = (frame: string): string => {
  try {
    return JSON.stringify(JSON.parse(frame), null, 2);
  } catch {
    return frame;
  }
};

const element = (name: string, className: string, content: string): HTMLElement => {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = content;
  return made;
};

const titles: Readonly<Record<Direction, string>> = {
  sent: "↑ sent",
  received: "↓ received",
  event: "· connection",
  failed: "× connection",
};

const write = (direction: Direction, content: string): void => {
  const entry = element("div", `frame frame-${direction}`, "");
  const head = element("p", "frame-head", "");
  const bytes = direction === "sent" || direction === "received" ? `${new Blob([content]).size} bytes` : "";
  head.append(
    element("strong", "", titles[direction]),
    element("span", "aside", ` ${new Date().toISOString().slice(11, 23)} ${bytes}`),
  );
  entry.append(head, element("pre", "frame-text", pretty(content)));
  log.append(entry);
  while (log.childElementCount > framesMax) log.firstElementChild?.remove();
  log.scrollTo(0, log.scrollHeight);
};

const show = (state: string): void => {
  part("state", HTMLParagraphElement).textContent = state;
  const isOpen = socket?.readyState === WebSocket.OPEN;
  send.disabled = !isOpen;
  url.disabled = socket !== undefined;
  judge();
  connect.textContent = socket === undefined ? "Connect" : isOpen ? "Disconnect" : "Cancel";
};

const open = (): void => {
  let made: WebSocket;
  try {
    made = new WebSocket(url.value);
  } catch (error) {
    return write("failed", error instanceof Error ? error.message : String(error));
  }
  socket = made;
  show("Connecting…");
  made.onopen = () => {
    write("event", `Connected to ${made.url}`);
    show("Connected");
  };
  made.onmessage = ({ data }: MessageEvent<unknown>) => write("received", typeof data === "string" ? data : "(binary)");
  made.onclose = ({ code, reason }) => {
    socket = undefined;
    const said = reason === "" ? "" : ` The server said: “${reason}”.`;
    write(code === 1000 || code === 1005 ? "event" : "failed", `Closed, ${code}: ${explainClose(code)}${said}`);
    show("Not connected");
  };
};

part("connection", HTMLFormElement).onsubmit = (event) => {
  event.preventDefault();
  if (socket === undefined) open();
  else socket.close(1000);
};

part("message", HTMLFormElement).onsubmit = (event) => {
  event.preventDefault();
  if (socket?.readyState !== WebSocket.OPEN) return;
  socket.send(text.value);
  write("sent", text.value);
};

part("clear", HTMLButtonElement).onclick = () => log.replaceChildren();

const judge = (): void => {
  const isOpen = socket?.readyState === WebSocket.OPEN;
  part("verdict", HTMLParagraphElement).textContent = `${verdictOn(text.value)}${isOpen ? "" : " Connect first."}`;
};

const verdictOn = (frame: string): string => {
  try {
    JSON.parse(frame);
    return "Valid JSON.";
  } catch {
    return "Not JSON: the server will echo it. It can be sent all the same.";
  }
};

text.oninput = judge;

const pick = (frame: string): void => {
  text.value = frame;
  judge();
};

for (const [name, message] of readyMade) {
  const button = element("button", "quiet small", name);
  button.setAttribute("type", "button");
  button.onclick = () => pick(JSON.stringify(message, null, 2));
  part("ready-made", HTMLFieldSetElement).append(button);
}

pick(JSON.stringify({ type: "ping" }, null, 2));
url.value = ownUrl();
void fetchConfig().then(({ websocketUrl }) => {
  if (socket === undefined) url.value = websocketUrl;
});
