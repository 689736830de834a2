import { type Outgoing, ping } from "../wire/message.js";
import { explainClose } from "../wire/server.js";

export interface ServerCallbacks {
  readonly onConnecting: () => void;
  readonly onConnected: () => void;
  /** The next attempt is at `retryAt`, in ms. */
  readonly onDisconnected: (retryAt: number, reason: string) => void;
  readonly onFrame: (frame: string) => void;
}

/** One WebSocket to the server, which reconnects by itself after the first `connect`. */
export interface ServerConnection {
  /** Does nothing while disconnected: after `onConnected` everything that still matters is sent again. */
  readonly send: (message: Outgoing) => void;
  /** Connects now, unless connected already. */
  readonly connect: () => void;
  /** Closes the socket and does not reconnect. */
  readonly close: () => void;
}

const firstDelayMs = 500;
const delayMsMax = 15_000;
// When a laptop sleeps or a network changes, a socket can die without a close event. So after some silence the server is pinged.
const silenceMs = 20_000;
const pongMs = 8_000;

/** Exponential backoff. Half of it is random, so that many pages do not reconnect at the same instant. */
const delayMs = (attempt: number, random: number): number =>
  Math.min(delayMsMax, firstDelayMs * 2 ** attempt) * (0.5 + random / 2);

export const serverConnection = (url: () => string, callbacks: ServerCallbacks): ServerConnection => {
  let socket: WebSocket | undefined;
  let attempt = 0;
  let retryTimer: number | undefined;
  let silenceTimer: number | undefined;

  const send = (message: Outgoing): void => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  };

  const watchForSilence = (): void => {
    clearTimeout(silenceTimer);
    silenceTimer = setTimeout(() => {
      send(ping);
      silenceTimer = setTimeout(() => disconnected("The server does not respond."), pongMs);
    }, silenceMs);
  };

  const disconnected = (reason: string): void => {
    discard();
    const delay = delayMs(attempt, Math.random());
    attempt += 1;
    callbacks.onDisconnected(Date.now() + delay, reason);
    retryTimer = setTimeout(open, delay);
  };

  const discard = (): void => {
    const discarded = socket;
    socket = undefined;
    clearTimeout(silenceTimer);
    clearTimeout(retryTimer);
    discarded?.close();
  };

  const open = (): void => {
    clearTimeout(retryTimer);
    callbacks.onConnecting();
    const opened = newSocket(url());
    if (opened === undefined) return disconnected(`The server address is not valid: ${url()}`);
    socket = opened;
    opened.onopen = () => {
      if (opened !== socket) return;
      attempt = 0;
      watchForSilence();
      callbacks.onConnected();
    };
    opened.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (opened !== socket) return;
      watchForSilence();
      if (typeof data === "string") callbacks.onFrame(data);
    };
    opened.onclose = ({ code }) => {
      if (opened === socket) disconnected(explainClose(code));
    };
  };

  const connect = (): void => {
    if (socket === undefined) open();
  };

  addEventListener("online", connect);
  return {
    send,
    connect,
    close: () => {
      removeEventListener("online", connect);
      discard();
    },
  };
};

/** Undefined when the browser rejects the address. */
const newSocket = (url: string): WebSocket | undefined => {
  try {
    return new WebSocket(url);
  } catch {
    return undefined;
  }
};
