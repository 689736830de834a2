import { explainClose } from "./close-code.js";
import type { Said } from "./message.js";

export interface SignallingPorts {
  readonly tried: () => void;
  readonly opened: () => void;
  /** The line is down; the next try is at `retryAt`, in ms. */
  readonly lost: (retryAt: number, why: string) => void;
  readonly heard: (frame: string) => void;
}

export interface Signalling {
  /** Says nothing while the line is down: whoever takes up the line again says anew what still holds. */
  readonly send: (message: Said) => void;
  readonly tryNow: () => void;
  /** For good: it does not come back. */
  readonly close: () => void;
}

const firstDelayMs = 500;
const delayMsMax = 15_000;
// A line can die without a word, when a laptop sleeps or a network changes: silence is asked about, then believed.
const silenceMs = 20_000;
const patienceMs = 8_000;

/** Half of the delay is chance, so that many pages do not come back in the same instant. */
export const delayMs = (attempt: number, chance: number): number =>
  Math.min(delayMsMax, firstDelayMs * 2 ** attempt) * (0.5 + chance / 2);

/** One WebSocket that comes back by itself, from the first `tryNow` on. */
export const signalling = (url: () => string, ports: SignallingPorts): Signalling => {
  let socket: WebSocket | undefined;
  let attempt = 0;
  let retry: number | undefined;
  let watch: number | undefined;

  const send = (message: Said): void => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  };

  const listenForSilence = (): void => {
    clearTimeout(watch);
    watch = setTimeout(() => {
      send({ type: "ping" });
      watch = setTimeout(() => lose("The server has fallen silent."), patienceMs);
    }, silenceMs);
  };

  const lose = (why: string): void => {
    forget();
    const delay = delayMs(attempt, Math.random());
    attempt += 1;
    ports.lost(Date.now() + delay, why);
    retry = setTimeout(open, delay);
  };

  const forget = (): void => {
    const lost = socket;
    socket = undefined;
    clearTimeout(watch);
    clearTimeout(retry);
    lost?.close();
  };

  const open = (): void => {
    clearTimeout(retry);
    ports.tried();
    const mine = made(url());
    if (mine === undefined) return lose(`The address of the server cannot be used: ${url()}.`);
    socket = mine;
    mine.onopen = () => {
      if (mine !== socket) return;
      attempt = 0;
      listenForSilence();
      ports.opened();
    };
    mine.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (mine !== socket) return;
      listenForSilence();
      if (typeof data === "string") ports.heard(data);
    };
    mine.onclose = ({ code }) => {
      if (mine === socket) lose(explainClose(code));
    };
  };

  const tryNow = (): void => {
    if (socket === undefined) open();
  };

  addEventListener("online", tryNow);
  return {
    send,
    tryNow,
    close: () => {
      removeEventListener("online", tryNow);
      forget();
    },
  };
};

/** Undefined when the browser refuses the address. */
const made = (url: string): WebSocket | undefined => {
  try {
    return new WebSocket(url);
  } catch {
    return undefined;
  }
};
