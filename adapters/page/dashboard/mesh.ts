import type { Signal } from "./message.js";
import { type Peer, peer } from "./peer.js";
import type { Progress } from "./progress.js";

export interface MeshPorts {
  readonly iceServers: () => ReadonlyArray<RTCIceServer>;
  readonly signal: (to: string, signal: Signal) => void;
  readonly progressed: (id: string, progress: Progress) => void;
  readonly heard: (id: string, text: string) => void;
}

/** The connections to the other participants of the room: one for each, whatever happens. */
export interface Mesh {
  /** Begins a connection, or resumes the one that there is. */
  readonly meet: (id: string) => void;
  readonly part: (id: string) => void;
  /** Gives up the connection and begins another. */
  readonly retry: (id: string) => void;
  /** A signal of somebody who is not met yet waits until they are. */
  readonly accept: (from: string, signal: Signal) => void;
  /** The ids of those whom the text was sent to. */
  readonly say: (text: string) => ReadonlyArray<string>;
  /** Parts from everybody, and forgets who waited to be met. */
  readonly hangUp: () => void;
}

const strangersMax = 16;
const signalsMax = 64;

export const mesh = (me: string, ports: MeshPorts): Mesh => {
  const peers = new Map<string, Peer>();
  const waiting = new Map<string, ReadonlyArray<Signal>>();

  const begin = (id: string): Peer => {
    peers.get(id)?.close();
    const isCurrent = () => peers.get(id) === made;
    const made = peer(me < id, ports.iceServers(), {
      signal: (signal) => isCurrent() && ports.signal(id, signal),
      progressed: (progress) => isCurrent() && ports.progressed(id, progress),
      heard: (text) => isCurrent() && ports.heard(id, text),
      giveWay: () => (isCurrent() ? begin(id).accept : () => undefined),
    });
    peers.set(id, made);
    return made;
  };

  const wait = (from: string, signal: Signal): void => {
    const [oldest] = waiting.keys();
    if (oldest !== undefined && waiting.size >= strangersMax && !waiting.has(from)) waiting.delete(oldest);
    // Of several offers only the newest still stands.
    const kept = (waiting.get(from) ?? []).filter(({ kind }) => signal.kind !== "offer" || kind === "candidate");
    waiting.set(from, [...kept, signal].slice(-signalsMax));
  };

  return {
    meet: (id) => {
      const known = peers.get(id);
      if (known !== undefined && !known.isOver()) return known.resume();
      const made = begin(id);
      for (const signal of waiting.get(id) ?? []) made.accept(signal);
      waiting.delete(id);
    },
    part: (id) => {
      const gone = peers.get(id);
      peers.delete(id);
      waiting.delete(id);
      gone?.close();
    },
    retry: (id) => {
      begin(id);
    },
    accept: (from, signal) => {
      const known = peers.get(from);
      if (known === undefined) return wait(from, signal);
      const isNew = signal.kind === "offer" && known.isStranger(signal.sdp);
      (isNew ? begin(from) : known).accept(signal);
    },
    say: (text) => [...peers].flatMap(([id, known]) => (known.say(text) ? [id] : [])),
    hangUp: () => {
      const gone = [...peers.values()];
      peers.clear();
      waiting.clear();
      for (const known of gone) known.close();
    },
  };
};
