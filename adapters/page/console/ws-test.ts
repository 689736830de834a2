import { type Outgoing, ping } from "../wire/message.js";
import { defaultUrl, explainClose, fetchUrl } from "../wire/server.js";
import { sampleMessages } from "./sample-messages.js";

type EntryKind = "sent" | "received" | "event" | "failed";

const framesMax = 500;

/** The element of ws-test.html with this id. */
const byId = <E extends HTMLElement>(id: string, kind: new () => E): E => {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`ws-test.html has no ${kind.name} with the id ${id}`);
  return element;
};

const url = byId("url", HTMLInputElement);
const text = byId("text", HTMLTextAreaElement);
const connect = byId("connect", HTMLButtonElement);
const send = byId("send", HTMLButtonElement);
const log = byId("log", HTMLDivElement);
// So that it can be scrolled by keyboard.
log.tabIndex = 0;

let socket: WebSocket | undefined;

const indented = (frame: string): string => {
  try {
    return JSON.stringify(JSON.parse(frame), null, 2);
  } catch {
    return frame;
  }
};

const newElement = (name: string, className: string, content: string): HTMLElement => {
  const created = document.createElement(name);
  created.className = className;
  created.textContent = content;
  return created;
};

const titles: Readonly<Record<EntryKind, string>> = {
  sent: "↑ sent",
  received: "↓ received",
  event: "· connection",
  failed: "× connection",
};

const addToLog = (kind: EntryKind, content: string): void => {
  const entry = newElement("div", `frame frame-${kind}`, "");
  const head = newElement("p", "frame-head", "");
  const bytes = kind === "sent" || kind === "received" ? `${new Blob([content]).size} bytes` : "";
  head.append(
    newElement("strong", "", titles[kind]),
    newElement("span", "note", ` ${new Date().toISOString().slice(11, 23)} ${bytes}`),
  );
  entry.append(head, newElement("pre", "frame-text", indented(content)));
  log.append(entry);
  while (log.childElementCount > framesMax) log.firstElementChild?.remove();
  log.scrollTo(0, log.scrollHeight);
};

const showStatus = (status: string): void => {
  byId("status", HTMLParagraphElement).textContent = status;
  const isOpen = socket?.readyState === WebSocket.OPEN;
  send.disabled = !isOpen;
  url.disabled = socket !== undefined;
  updateHint();
  connect.textContent = socket === undefined ? "Connect" : isOpen ? "Disconnect" : "Cancel";
};

const open = (): void => {
  let opened: WebSocket;
  try {
    opened = new WebSocket(url.value);
  } catch (error) {
    return addToLog("failed", error instanceof Error ? error.message : String(error));
  }
  socket = opened;
  showStatus("Connecting…");
  opened.onopen = () => {
    addToLog("event", `Connected to ${opened.url}`);
    showStatus("Connected");
  };
  opened.onmessage = ({ data }: MessageEvent<unknown>) =>
    addToLog("received", typeof data === "string" ? data : "(binary)");
  opened.onclose = ({ code, reason }) => {
    socket = undefined;
    const given = reason === "" ? "" : ` Reason given: “${reason}”.`;
    addToLog(
      code === 1000 || code === 1005 ? "event" : "failed",
      `Closed with code ${code}. ${explainClose(code)}${given}`,
    );
    showStatus("Not connected");
  };
};

byId("connection", HTMLFormElement).onsubmit = (event) => {
  event.preventDefault();
  if (socket === undefined) open();
  else socket.close(1000);
};

byId("message", HTMLFormElement).onsubmit = (event) => {
  event.preventDefault();
  if (socket?.readyState !== WebSocket.OPEN) return;
  socket.send(text.value);
  addToLog("sent", text.value);
};

byId("clear", HTMLButtonElement).onclick = () => log.replaceChildren();

const updateHint = (): void => {
  const isOpen = socket?.readyState === WebSocket.OPEN;
  byId("hint", HTMLParagraphElement).textContent = `${describe(text.value)}${isOpen ? "" : " Connect to send it."}`;
};

const describe = (frame: string): string => {
  try {
    JSON.parse(frame);
    return "Valid JSON.";
  } catch {
    return "Not valid JSON. You can send it anyway: the server answers with an echo.";
  }
};

text.oninput = updateHint;

const edit = (message: Outgoing): void => {
  text.value = JSON.stringify(message, null, 2);
  updateHint();
};

for (const [name, message] of sampleMessages) {
  const button = newElement("button", "secondary small", name);
  button.setAttribute("type", "button");
  button.onclick = () => edit(message);
  byId("samples", HTMLFieldSetElement).append(button);
}

edit(ping);
url.value = defaultUrl();
void fetchUrl().then((told) => {
  if (socket === undefined) url.value = told;
});
