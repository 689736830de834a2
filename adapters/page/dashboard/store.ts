import { nextDeadline } from "./attendance.js";
import { ownConfig, type PageConfig } from "./config.js";
import { saveName } from "./memory.js";
import { mesh } from "./mesh.js";
import { read, signalled } from "./message.js";
import { signalling } from "./signalling.js";
import type { Event, State } from "./state.js";
import type { Command } from "./step.js";
import * as Talk from "./talk.js";
import { update } from "./update.js";

export interface Session {
  readonly state: () => State;
  /** Begins to connect. Until then there is a state, but nobody to talk to. */
  readonly connect: (config: PageConfig) => void;
  readonly dispatch: (event: Event) => void;
  /** Tries to reach the server now instead of waiting. */
  readonly tryNow: () => void;
}

/** The loop: holds the state, and carries out what `update` orders. `changed` is called after every event. */
export const session = (first: State, changed: (state: State) => void): Session => {
  let state = first;
  let config = ownConfig();
  let alarm: number | undefined;
  const inbox: Event[] = [];
  let isBusy = false;

  const dispatch = (event: Event): void => {
    inbox.push(event);
    if (isBusy) return;
    isBusy = true;
    try {
      for (let next = inbox.shift(); next !== undefined; next = inbox.shift()) settle(next);
    } finally {
      // What fails is reported by the browser; the page goes on with what comes next.
      isBusy = false;
      wakeAt(nextDeadline(state));
      changed(state);
    }
  };

  const settle = (event: Event): void => {
    const [after, commands] = update(event)(state);
    state = after;
    commands.forEach(carryOut);
  };

  const wakeAt = (deadline: number | undefined): void => {
    clearTimeout(alarm);
    if (deadline === undefined) return;
    const inMs = Math.max(0, deadline - Date.now());
    alarm = setTimeout(() => dispatch({ kind: "ClockTicked", at: Date.now() }), inMs);
  };

  const carryOut = (command: Command): void => {
    switch (command.kind) {
      case "Send":
        return line.send(command.message);
      case "Meet":
        return peers.meet(command.id);
      case "Part":
        return peers.part(command.id);
      case "Retry":
        return peers.retry(command.id);
      case "Tell":
        return dispatch({ ...command, kind: "TextSent", to: peers.say(Talk.write(command.text)) });
      case "HangUp":
        return peers.hangUp();
      case "CloseLine":
        return line.close();
      case "Remember":
        return saveName(command.name);
    }
  };

  const peers = mesh(first.me.id, {
    iceServers: () => config.stunServers.map((urls) => ({ urls })),
    signal: (to, signal) => {
      if (state.place.kind !== "room") return;
      line.send(signalled({ roomId: state.place.room.id, from: state.me.id, to }, signal));
    },
    progressed: (id, progress) => dispatch({ kind: "PeerProgressed", at: Date.now(), id, progress }),
    heard: (id, data) => dispatch({ kind: "TextHeard", at: Date.now(), id, text: Talk.read(data) }),
  });

  const hear = (frame: string): void => {
    const message = read(frame);
    if (message === undefined) return;
    dispatch({ kind: "MessageHeard", at: Date.now(), message });
    if (message.kind !== "Signalled" || message.to !== state.me.id) return;
    if (state.place.kind === "room" && state.place.room.id === message.roomId)
      peers.accept(message.from, message.signal);
  };

  const line = signalling(() => config.websocketUrl, {
    tried: () => dispatch({ kind: "LineTried" }),
    opened: () => dispatch({ kind: "LineOpened" }),
    lost: (retryAt, why) => dispatch({ kind: "LineLost", retryAt, why }),
    heard: hear,
  });

  const connect = (found: PageConfig): void => {
    config = found;
    dispatch({ kind: "Configured", hasStun: config.stunServers.length > 0 });
    line.tryNow();
  };

  return { state: () => state, connect, dispatch, tryNow: line.tryNow };
};
