import type { Signal } from "../wire/message.js";
import { type Peer, peer } from "./peer.js";
import type { Progress } from "./progress.js";

export interface MeshCallbacks {
  readonly iceServers: () => ReadonlyArray<RTCIceServer>;
  readonly send: (to: string, signal: Signal) => void;
  readonly onProgress: (id: string, progress: Progress) => void;
  readonly onText: (id: string, text: string) => void;
}

/** The connections to the other participants of the room, one for each. */
export interface Mesh {
  /** Starts a connection, or resumes the existing one. */
  readonly connect: (id: string) => void;
  readonly drop: (id: string) => void;
  /** Replaces the connection by a new one. */
  readonly retry: (id: string) => void;
  /** Signals from somebody who is not a peer yet are kept until `connect`. */
  readonly receive: (from: string, signal: Signal) => void;
  /** Returns the ids of the peers that the text was sent to. */
  readonly sendText: (text: string) => ReadonlyArray<string>;
  readonly dropAll: () => void;
}

const earlySendersMax = 16;
const earlySignalsMax = 64;

export const mesh = (myId: string, callbacks: MeshCallbacks): Mesh => {
  const peers = new Map<string, Peer>();
  /** Signals that came before `connect`, by sender. */
  const early = new Map<string, ReadonlyArray<Signal>>();

  const start = (id: string): Peer => {
    peers.get(id)?.close();
    const isCurrent = () => peers.get(id) === started;
    const started = peer(myId < id, callbacks.iceServers(), {
      send: (signal) => isCurrent() && callbacks.send(id, signal),
      onProgress: (progress) => isCurrent() && callbacks.onProgress(id, progress),
      onText: (text) => isCurrent() && callbacks.onText(id, text),
      replace: () => (isCurrent() ? start(id).receive : () => undefined),
    });
    peers.set(id, started);
    return started;
  };

  const keep = (from: string, signal: Signal): void => {
    const [oldest] = early.keys();
    if (oldest !== undefined && early.size >= earlySendersMax && !early.has(from)) early.delete(oldest);
    // A new offer replaces the offers before it.
    const kept = (early.get(from) ?? []).filter(({ kind }) => signal.kind !== "offer" || kind === "candidate");
    early.set(from, [...kept, signal].slice(-earlySignalsMax));
  };

  return {
    connect: (id) => {
      const known = peers.get(id);
      if (known !== undefined && !known.isOver()) return known.resume();
      const started = start(id);
      for (const signal of early.get(id) ?? []) started.receive(signal);
      early.delete(id);
    },
    drop: (id) => {
      const dropped = peers.get(id);
      peers.delete(id);
      early.delete(id);
      dropped?.close();
    },
    retry: (id) => {
      start(id);
    },
    receive: (from, signal) => {
      const known = peers.get(from);
      if (known === undefined) return keep(from, signal);
      const isNew = signal.kind === "offer" && known.isFromNewConnection(signal.sdp);
      (isNew ? start(from) : known).receive(signal);
    },
    sendText: (text) => [...peers].flatMap(([id, known]) => (known.sendText(text) ? [id] : [])),
    dropAll: () => {
      const dropped = [...peers.values()];
      peers.clear();
      early.clear();
      for (const known of dropped) known.close();
    },
  };
};
