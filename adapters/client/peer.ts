import { failure, SignalboxError } from "./error.js";
import { unreachable } from "./failure.js";
import type { Signal, SignalOut } from "./frames.js";
import { type Outgoing, receiveOnly, sendTracks } from "./media.js";
import { hasChannel, type Negotiation, negotiation, numbers } from "./negotiation.js";

export type ConnectionState = "new" | "connecting" | "connected" | "failed" | "closed";
export type Data = string | ArrayBuffer | ArrayBufferView<ArrayBuffer> | Blob;

/** A data channel would send anything else as "[object Object]", or as nothing. */
export const mustBeData = (data: unknown): void => {
  if (typeof data === "string" || ArrayBuffer.isView(data)) return;
  if (data instanceof ArrayBuffer || data instanceof Blob) return;
  const sentence = "send takes a string, an ArrayBuffer, a view of one or a Blob: make JSON of it, or use say.";
  throw new SignalboxError("invalid-message", sentence, { path: "data" });
};

export interface PeerHost {
  readonly me: string;
  readonly user: string;
  readonly PeerConnection: typeof RTCPeerConnection;
  readonly configuration: () => RTCConfiguration;
  readonly media: () => ReadonlyArray<Outgoing>;
  readonly hasData: boolean;
  readonly send: (signal: SignalOut) => void;
  /** Whether signals get there now: the session is connected, and the participant is not away. */
  readonly isReachable: () => boolean;
  readonly state: (state: ConnectionState) => void;
  readonly track: (event: RTCTrackEvent) => void;
  readonly data: (data: string | ArrayBuffer) => void;
  /** The data channel was opened or closed. */
  readonly channelChanged: () => void;
  readonly channel: (channel: RTCDataChannel) => void;
  readonly failed: (error: SignalboxError) => void;
  readonly error: (error: SignalboxError) => void;
}

export type Peer = ReturnType<typeof peer>;

const restartsMax = 3;
const patienceMs = { new: 15_000, connecting: 15_000, disconnected: 5_000, failed: 0, connected: 0, closed: 1_000 };
/** The polite side waits longer, so that as a rule only one of the two restarts. */
const politeMs = 3_000;
const dataLabel = "data";
const strayMax = 100;

/** The connection of this participant with another one. It is made when the first offer goes out or comes in. */
export const peer = (host: PeerHost) => {
  let pc: RTCPeerConnection | undefined;
  let talk: Negotiation | undefined;
  let channel: RTCDataChannel | undefined;
  let couldSend = false;
  let state: ConnectionState = "new";
  let isPolite = host.me > host.user;
  let stray: Signal[] = [];
  let restarts = 0;
  let isOver = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let chain: Promise<void> = Promise.resolve();
  let generation = 0;
  const count = numbers(Date.now);

  const become = (to: ConnectionState): void => {
    if (state === to) return;
    state = to;
    host.state(to);
  };
  // One step after the other, as they came.
  const run = (step: () => Promise<void> | undefined): void => {
    const here = generation;
    chain = chain.then(async () => {
      if (here !== generation) return;
      const mine = pc;
      try {
        await step();
      } catch (cause) {
        // A connection that was closed in the middle of a step throws, and nobody needs it any more.
        if (!isOver && (mine === undefined || mine === pc) && pc?.connectionState !== "closed")
          host.error(failure(cause));
      }
    });
  };
  const later = (afterMs: number, step: () => void): void => {
    clearTimeout(timer);
    timer = setTimeout(step, afterMs);
  };

  const drop = (): void => {
    clearTimeout(timer);
    if (!pc) return;
    // What a closed connection still says is about nothing.
    if (channel) channel.onopen = channel.onclose = channel.onmessage = null;
    pc.onconnectionstatechange = pc.onicecandidate = pc.onnegotiationneeded = pc.ontrack = pc.ondatachannel = null;
    pc.close();
    pc = talk = channel = undefined;
    tellReach();
  };

  const canSend = (): boolean => channel?.readyState === "open";

  const tellReach = (): void => {
    if (couldSend === canSend()) return;
    couldSend = !couldSend;
    host.channelChanged();
  };

  const useChannel = (opened: RTCDataChannel): void => {
    if (opened.label !== dataLabel) return host.channel(opened);
    opened.binaryType = "arraybuffer";
    opened.onopen = opened.onclose = tellReach;
    opened.onmessage = ({ data }) => host.data(data);
    channel = opened;
    tellReach();
  };

  const patience = (of: RTCPeerConnectionState): number => patienceMs[of] + (isPolite ? politeMs : 0);

  const watch = (): void => {
    if (!pc) return;
    // Closed without our doing: libdatachannel does so after a failure.
    const now = pc.connectionState;
    clearTimeout(timer);
    if (now === "connected") {
      restarts = 0;
      return become("connected");
    }
    if (now !== "new") become("connecting");
    later(patience(now), recover);
  };

  /** After an offer or an answer. Until the other side has done its part, a failed connection goes on saying that it is. */
  const giveTime = (): void => {
    clearTimeout(timer);
    if (pc && pc.connectionState !== "connected") later(patience("connecting"), recover);
  };

  const make = async (): Promise<RTCPeerConnection> => {
    const made = new host.PeerConnection(host.configuration());
    pc = made;
    become("connecting");
    const send = (signal: SignalOut): void => {
      if (made === pc) host.send(signal);
    };
    made.onconnectionstatechange = watch;
    made.ontrack = host.track;
    made.ondatachannel = (event) => useChannel(event.channel);
    talk = negotiation(made, { numbers: count, isPolite: () => isPolite, send });
    const media = host.media();
    if (media.length > 0) await sendTracks(made, media);
    made.onnegotiationneeded = () => run(() => talk?.offer(false));
    return made;
  };

  const prepareOffer = async (): Promise<void> => {
    if (pc) return;
    const made = await make();
    if (!host.hasData && (host.media().length > 0 || receiveOnly(made))) return;
    useChannel(made.createDataChannel(dataLabel));
  };

  const offer = (isRestart = false): void =>
    run(async () => {
      await prepareOffer();
      await talk?.offer(isRestart);
      giveTime();
    });

  const configure = (): void => pc?.setConfiguration({ ...pc.getConfiguration(), ...host.configuration() });

  const restart = (): void => {
    if (!pc) return offer();
    if (pc.connectionState === "closed") return renew();
    try {
      configure();
      pc.restartIce();
      offer(true);
    } catch {
      // An implementation that cannot restart ICE gets a new connection.
      renew();
    }
  };

  const renew = (): void => {
    drop();
    // A step that never ends (libdatachannel has such) must not hold up a new connection.
    generation++;
    chain = Promise.resolve();
    run(async () => host.send({ kind: "end", negotiation: count.next() }));
    offer();
  };

  const recover = (): void => {
    if (!pc || pc.connectionState === "connected") return;
    if (!host.isReachable()) return become("connecting");
    if (restarts < restartsMax) {
      restarts++;
      return restart();
    }
    const { iceServers = [] } = host.configuration();
    become("failed");
    if (talk) host.failed(unreachable({ ...talk.evidence(), hasIceServers: iceServers.length > 0 }));
  };

  /**
   * Signals of the other side were lost: an offer, perhaps, whose answer it waits for. As a rule only one of the two restarts: when both
   * do at once, the picture may stand still in Chromium.
   */
  const missed = (): void => later(isPolite ? politeMs : 0, restart);

  const hearOffer = async (signal: Signal): Promise<void> => {
    if (talk?.isForeign(signal)) drop();
    if (state === "failed") restarts = 0;
    const made = pc ?? (await make());
    giveTime();
    await talk?.hear(signal);
    for (const candidate of stray) await talk?.hear(candidate);
    stray = [];
    // Who has offered wants no channel, and this side does.
    if (host.hasData && !channel && !hasChannel(signal)) useChannel(made.createDataChannel(dataLabel));
    giveTime();
  };

  const hear = async (signal: Signal): Promise<void> => {
    if (signal.kind === "offer") return hearOffer(signal);
    if (signal.kind === "end") {
      // One that was held up, and is overtaken by a newer offer, ends nothing.
      if (signal.negotiation < count.last() || talk?.holds(signal)) return;
      drop();
      return become("closed");
    }
    if (talk) await talk.hear(signal);
    // Signals that the server wanted later may overtake each other.
    else if (signal.kind === "candidate" && stray.length < strayMax) stray.push(signal);
  };

  return {
    get state() {
      return state;
    },
    offer: () => offer(),
    /** Offers if nothing has come from the other side by then. */
    expect: (afterMs: number): void => later(afterMs, () => pc || offer()),
    restart,
    missed,
    /** Later paths are looked for with the ICE servers that the host has now. */
    configure: (): void => run(async () => configure()),
    /** Ends what there was, on both sides, and offers anew. */
    renew,
    /** Signals get through again. */
    check: (): void => {
      restarts = 0;
      if (pc && pc.connectionState !== "connected") later(isPolite ? politeMs : 1_000, recover);
    },
    hear: (signal: Signal): void => run(() => hear(signal)),
    /** The server has a newer negotiation of the two. As a rule it is on its way to this side. */
    stale: (signal: SignalOut, highest: number): void => {
      if (signal.kind === "offer") run(() => talk?.offerAgain(signal.negotiation, highest));
      // The offer has crossed one of an earlier page of this side, and of the two the server holds on to the latter.
      else if (!isPolite && talk?.isLatestAnswer(signal)) restart();
    },
    crossing: (polite: string): void => {
      isPolite = polite === host.me;
      if (isPolite) run(() => talk?.yield());
    },
    sendTracks: (): void => run(() => pc && sendTracks(pc, host.media())),
    canSend,
    /** Whether it was handed to an open channel. */
    send: (data: Data): boolean => {
      if (!canSend()) return false;
      channel?.send(data as string);
      return true;
    },
    close: (): void => {
      isOver = true;
      drop();
      become("closed");
    },
  };
};
