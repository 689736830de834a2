import { decode, signalled } from "../wire/message.js";
import { defaultConfig, type ServerConfig } from "../wire/server.js";
import * as ChatMessage from "./chat-message.js";
import { mesh } from "./mesh.js";
import { nextDeadline } from "./presence.js";
import { serverConnection } from "./server-connection.js";
import type { Event, State } from "./state.js";
import type { Command } from "./step.js";
import { saveName } from "./storage.js";
import { update } from "./update.js";

export interface Store {
  readonly state: () => State;
  /** Starts to connect to the server. */
  readonly start: (config: ServerConfig) => void;
  readonly dispatch: (event: Event) => void;
  /** Reconnects now instead of at the next attempt. */
  readonly reconnect: () => void;
}

/** Holds the state and carries out the commands of `update`. Calls `onChange` after every event. */
export const createStore = (first: State, onChange: (state: State) => void): Store => {
  let state = first;
  let config = defaultConfig();
  let deadlineTimer: number | undefined;
  const queue: Event[] = [];
  let isBusy = false;

  const dispatch = (event: Event): void => {
    queue.push(event);
    if (isBusy) return;
    isBusy = true;
    try {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) apply(next);
    } finally {
      // The browser reports an error; the store goes on with the next event.
      isBusy = false;
      scheduleDeadline(nextDeadline(state));
      onChange(state);
    }
  };

  const apply = (event: Event): void => {
    const [next, commands] = update(event)(state);
    state = next;
    commands.forEach(carryOut);
  };

  const scheduleDeadline = (at: number | undefined): void => {
    clearTimeout(deadlineTimer);
    if (at === undefined) return;
    const inMs = Math.max(0, at - Date.now());
    deadlineTimer = setTimeout(() => dispatch({ kind: "DeadlineReached", at: Date.now() }), inMs);
  };

  const carryOut = (command: Command): void => {
    switch (command.kind) {
      case "Send":
        return server.send(command.message);
      case "ConnectPeer":
        return peers.connect(command.id);
      case "DropPeer":
        return peers.drop(command.id);
      case "RetryPeer":
        return peers.retry(command.id);
      case "DropAllPeers":
        return peers.dropAll();
      case "SendText":
        return dispatch({ ...command, kind: "TextSent", to: peers.sendText(ChatMessage.encode(command.text)) });
      case "Disconnect":
        return server.close();
      case "SaveName":
        return saveName(command.name);
    }
  };

  const peers = mesh(first.me.id, {
    iceServers: () => config.stunServers.map((urls) => ({ urls })),
    send: (to, signal) => {
      if (state.place.kind !== "room") return;
      server.send(signalled({ roomId: state.place.room.id, from: state.me.id, to }, signal));
    },
    onProgress: (id, progress) => dispatch({ kind: "PeerProgressed", at: Date.now(), id, progress }),
    onText: (id, data) => dispatch({ kind: "TextReceived", at: Date.now(), id, text: ChatMessage.decode(data) }),
  });

  const receive = (frame: string): void => {
    const message = decode(frame);
    if (message === undefined) return;
    dispatch({ kind: "MessageReceived", at: Date.now(), message });
    if (message.kind !== "Signalled" || message.to !== state.me.id) return;
    if (state.place.kind === "room" && state.place.room.id === message.roomId)
      peers.receive(message.from, message.signal);
  };

  const server = serverConnection(() => config.websocketUrl, {
    onConnecting: () => dispatch({ kind: "ServerConnecting" }),
    onConnected: () => dispatch({ kind: "ServerConnected" }),
    onDisconnected: (retryAt, reason) => dispatch({ kind: "ServerDisconnected", retryAt, reason }),
    onFrame: receive,
  });

  const start = (found: ServerConfig): void => {
    config = found;
    dispatch({ kind: "Configured", hasStun: config.stunServers.length > 0 });
    server.connect();
  };

  return { state: () => state, start, dispatch, reconnect: server.connect };
};
