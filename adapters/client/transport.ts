import { closeCodes, type Hello, isFinalClose, subprotocol } from "../../core/dialect/v1/wire.js";
import { type Backoff, waitMs } from "./backoff.js";
import { failure, refused, SignalboxError } from "./error.js";
import type { Event, Frame, Order, Result, Welcome } from "./frames.js";
import { requests } from "./requests.js";

export type SessionState = "connecting" | "connected" | "reconnecting" | "closed";

export interface TransportOptions {
  readonly url: string;
  readonly name: string | undefined;
  readonly token: () => Promise<string | undefined>;
  /** Whether asking for the token again may give another one. */
  readonly hasFreshTokens: boolean;
  readonly WebSocket: typeof WebSocket;
  readonly backoff: Backoff;
  /** Of an earlier page, or of an earlier run. */
  readonly resume: { readonly ticket: string; readonly seen: number } | undefined;
}

export interface TransportEvents {
  readonly state: (state: SessionState, error?: SignalboxError) => void;
  /** `isLost`: there was a session, and it is gone. */
  readonly welcome: (welcome: Welcome, isLost: boolean) => void;
  readonly event: (event: Event) => void;
  readonly seen: (ticket: string, seen: number) => void;
  readonly error: (error: SignalboxError) => void;
}

export interface Transport {
  readonly state: SessionState;
  readonly ask: (order: Order) => Promise<Result>;
  /** Tries again now, or finds out now whether the connection still lives. */
  readonly hurry: () => void;
  /** Ends the session at the server too, if it can be told within a moment. */
  readonly bye: () => Promise<void>;
  readonly close: (error: SignalboxError) => void;
}

const helloMs = 10_000;
const quietMs = 15_000;
const probeMs = 5_000;
const byeMs = 2_000;
const ackMs = 1_000;
const ackEvery = 16;
/** Who was closed for sending too much waits as long as after so many failed attempts. */
const attemptsAfterFlood = 4;

/** One session over as many sockets as it takes. */
export const transport = (options: TransportOptions, events: TransportEvents): Transport => {
  let state: SessionState = "connecting";
  let socket: WebSocket | undefined;
  let { ticket, seen } = { ticket: options.resume?.ticket, seen: options.resume?.seen ?? 0 };
  let acked = seen;
  let attempt = 0;
  let turn = 0;
  let hadSession = false;
  let refusal: SignalboxError | undefined;
  /** How many hellos in a row had a token that was over. */
  let expired = 0;
  let inbox: Frame[] = [];
  let isResting = false;
  let isLeaving = false;
  /** The server is about to close the socket, at a moment of this client's own. */
  let isSentAway = false;
  // One each: what to do next (connect, give up on a hello, probe, give up on a probe), and the next acknowledgement.
  let next: ReturnType<typeof setTimeout> | undefined;
  let ackTimer: ReturnType<typeof setTimeout> | undefined;

  const then = (afterMs: number, step: () => void): void => {
    clearTimeout(next);
    next = setTimeout(step, afterMs);
  };
  // A browser complains of what is sent to a socket that closes; nobody would hear it. 1 is OPEN.
  const write = (frame: object): void => {
    if (socket?.readyState === 1) socket.send(JSON.stringify(frame));
  };
  const acknowledged = (): number => {
    clearTimeout(ackTimer);
    ackTimer = undefined;
    acked = seen;
    return seen;
  };
  const pending = requests((order, id) => write({ ...order, id, seen: acknowledged() }));

  const become = (to: SessionState, error?: SignalboxError): void => {
    if (state === to) return;
    state = to;
    events.state(to, error);
  };

  const letGo = (): void => {
    clearTimeout(next);
    clearTimeout(ackTimer);
    ackTimer = undefined;
    const old = socket;
    socket = undefined;
    inbox = [];
    // A socket on a dead path takes its time to close: nobody waits for it.
    if (old) old.onopen = old.onmessage = old.onclose = null;
    // The ws package throws an error event when it is closed before it is open.
    if (old) old.onerror = () => {};
    old?.close();
  };

  const close = (error: SignalboxError): void => {
    if (state === "closed") return;
    letGo();
    become("closed", error);
    pending.rejectAll(error);
  };

  const again = (): void => {
    letGo();
    pending.paused();
    if (hadSession) become("reconnecting");
    then(isSentAway ? 0 : waitMs(options.backoff, attempt++, Math.random()), connect);
    isSentAway = false;
  };

  const closed = (code: number, reason: string): void => {
    if (code === closeCodes.replaced)
      return close(new SignalboxError("replaced", "The session goes on with a newer socket."));
    if (isFinalClose(code))
      return close(refusal ?? new SignalboxError("refused", reason || "The server refused the hello."));
    if (isLeaving) return close(left());
    if (code === closeCodes.rateLimited) attempt = Math.max(attempt, attemptsAfterFlood);
    if (refusal?.code === "token-expired") expired++;
    if (code === closeCodes.tokenExpired && (expired > 1 || !options.hasFreshTokens))
      return close(refusal ?? new SignalboxError("token-expired", reason));
    if (refusal) events.error(refusal);
    again();
  };

  const probe = (): void => {
    pending.ask({ type: "ping" }, true).catch(ignored);
    then(probeMs, again);
  };

  const note = (n: number): boolean => {
    // A frame that is here already is sent again after a resume, when its acknowledgement was lost.
    if (n <= seen) return false;
    seen = n;
    if (ticket) events.seen(ticket, seen);
    if (seen - acked >= ackEvery) write({ type: "ack", seen: acknowledged() });
    else ackTimer ??= setTimeout(() => write({ type: "ack", seen: acknowledged() }), ackMs);
    return true;
  };

  const welcomed = (welcome: Welcome): void => {
    const isLost = hadSession && !welcome.resumed;
    if (!welcome.resumed) seen = acked = 0;
    ticket = welcome.ticket;
    attempt = expired = 0;
    hadSession = true;
    events.seen(ticket, seen);
    if (isLost) pending.rejectAll(new SignalboxError("session-lost", "The session could not be resumed."));
    state = "connected";
    pending.resumed(welcome.heard);
    events.welcome(welcome, isLost);
    events.state(state);
  };

  const hear = (frame: Frame): void => {
    if (frame.type === "error" && state !== "connected") {
      refusal = refused(frame);
      return;
    }
    if ("n" in frame && !note(frame.n)) return;
    switch (frame.type) {
      case "welcome":
        return welcomed(frame);
      case "result":
        return pending.resolve(frame);
      case "reconnect":
        isSentAway = true;
        return;
      case "error": {
        const error = refused(frame);
        if (frame.id === undefined || !pending.reject(frame.id, error)) events.error(error);
        return;
      }
      default:
        return events.event(frame);
    }
  };

  const drain = (): void => {
    isResting = false;
    for (let frame = inbox.shift(); frame; frame = inbox.shift()) {
      hear(frame);
      // Who awaits a session or a room must be able to listen before the next event, even when both have come in one piece.
      if (frame.type === "welcome" || (frame.type === "result" && frame.room)) {
        isResting = true;
        setTimeout(drain);
        return;
      }
    }
  };

  const connect = async (): Promise<void> => {
    const here = ++turn;
    const isOvertaken = (): boolean => state === "closed" || here !== turn;
    clearTimeout(next);
    refusal = undefined;
    let token: string | undefined;
    try {
      token = await options.token();
    } catch (cause) {
      if (isOvertaken()) return;
      const error = new SignalboxError("token-failed", "No token could be had.", { cause });
      if (!hadSession) return close(error);
      // A token server may be out of reach for the same reason as ours: both are tried again.
      events.error(error);
      return again();
    }
    if (isOvertaken()) return;
    let mine: WebSocket;
    try {
      mine = new options.WebSocket(options.url, subprotocol);
    } catch (cause) {
      const sentence = `${options.url} cannot be used here. Give wss://HOST/ws; ws:// only works from pages without https.`;
      return close(new SignalboxError("bad-address", sentence, { cause }));
    }
    socket = mine;
    mine.onopen = () => {
      const resume = ticket === undefined ? {} : { ticket, seen };
      // The hello has a number of its own: requests that are sent again keep theirs, which may be lower than any new one.
      const hello: Hello = { type: "hello", id: 1, ...named(options.name), ...(token ? { token } : {}), ...resume };
      write(hello);
    };
    mine.onmessage = ({ data }) => {
      try {
        inbox.push(JSON.parse(data));
      } catch (cause) {
        events.error(failure(cause));
      }
      if (!isResting) drain();
      if (state === "connected") then(quietMs, probe);
    };
    mine.onclose = ({ code, reason }) => closed(code, reason);
    mine.onerror = ignored;
    then(helloMs, again);
  };

  void connect();
  return {
    get state() {
      return state;
    },
    ask: async (order) => {
      if (state === "closed") throw new SignalboxError("closed", `The session is closed: no ${order.type} any more.`);
      try {
        JSON.stringify(order);
      } catch (cause) {
        throw new SignalboxError("invalid-message", `There is no JSON for this ${order.type}.`, { cause });
      }
      return pending.ask(order, state === "connected");
    },
    hurry: () => {
      if (state === "connected") probe();
      else if (state !== "closed" && !socket) {
        attempt = 0;
        void connect();
      }
    },
    bye: async () => {
      if (state === "connected") {
        isLeaving = true;
        // Over it is in any case.
        const answered = pending.ask({ type: "bye" }, true).catch(ignored);
        await Promise.race([answered, new Promise((resolve) => setTimeout(resolve, byeMs))]);
      }
      close(left());
    },
    close,
  };
};

const left = (): SignalboxError => new SignalboxError("closed", "The session was closed here.");

const named = (name: string | undefined): { readonly name?: string } => (name === undefined ? {} : { name });

// A socket's error event says nothing, and its close event follows; a probe that fails shows as a socket that is quiet.
const ignored = (): void => {};
