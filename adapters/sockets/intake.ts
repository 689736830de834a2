export interface Frame {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

/**
 * Why frames of a client wait. `verifying`: its token is. `behind`: it does not read what it is sent. `pressure`: it sends more
 * than the receivers take. `ordering`: what it has asked for is on its way to the log.
 */
export type Hold = "verifying" | "behind" | "pressure" | "ordering";

/** The frames of one client: each is carried out in its order, now or later. */
export interface Inbox {
  /** False: more are waiting than anybody honest sends at once. */
  readonly hear: (frame: Frame) => boolean;
  /** Nothing more is carried out, and nothing read, until it is let go. */
  readonly hold: (why: Hold) => void;
  readonly letGo: (why: Hold) => void;
  readonly isHeld: () => boolean;
  readonly close: () => void;
}

export interface InboxPorts {
  readonly carryOut: (frame: Frame) => void;
  readonly pause: () => void;
  readonly resume: () => void;
}

export interface Intake {
  readonly open: (ports: InboxPorts) => Inbox;
  /** A receiver cannot keep up: who sends more than its rate waits. */
  readonly press: () => void;
  /** All that was carried out has been seen to. */
  readonly endTurn: () => void;
}

export interface Timers {
  /** Milliseconds, from a clock that never runs backwards. */
  readonly now: () => number;
  /** Calls in so many ms, unless it is cancelled before. */
  readonly later: (then: () => void, ms: number) => () => void;
}

const ofNode: Timers = {
  now: () => performance.now(),
  later: (then, ms) => {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};

/** So much is carried out in one turn. The rest waits, so that a flood holds up nobody else. */
const perClient = { frames: 256, bytes: 131_072 };
const inAll = { frames: 1_024, bytes: 262_144 };
/** Frames that may wait: as many as fit into one read, and some. */
const waitingMax = 2_048;

/** What one client may send in the long run, and at once after a silence, while a receiver cannot keep up. */
const bytesPerMs = 512;
const burstMs = 512;

interface Line {
  readonly ports: InboxPorts;
  readonly holds: Set<Hold>;
  readonly waiting: Frame[];
  framesThisTurn: number;
  bytesThisTurn: number;
  /** When what it has sent will have been worth its rate, in ms. */
  paidUntilMs: number;
  cancelLetGo: () => void;
}

/** Bounds what is taken in from clients: within a turn from each and from all, and over time where receivers cannot keep up. */
export const intake = ({ now, later }: Timers = ofNode): Intake => {
  /** Lines with frames that wait for a turn. */
  const queued = new Set<Line>();
  const talking = new Set<Line>();
  let frames = 0;
  let bytes = 0;
  let isPressed = false;

  const hasRoom = (line: Line): boolean =>
    frames < inAll.frames &&
    bytes < inAll.bytes &&
    line.framesThisTurn < perClient.frames &&
    line.bytesThisTurn < perClient.bytes;

  const take = (line: Line, frame: Frame): void => {
    frames += 1;
    bytes += frame.data.length;
    line.framesThisTurn += 1;
    line.bytesThisTurn += frame.data.length;
    talking.add(line);
    line.ports.carryOut(frame);
  };

  /** Carries out so many of the frames that wait. */
  const serve = (line: Line, framesMax: number): void => {
    queued.delete(line);
    let served = 0;
    while (served < framesMax && line.holds.size === 0 && hasRoom(line)) {
      const next = line.waiting.shift();
      if (next === undefined) return line.ports.resume();
      served += 1;
      take(line, next);
    }
    if (line.holds.size > 0) return;
    // Behind the others, who have waited longer.
    if (line.waiting.length > 0) queued.add(line);
    else line.ports.resume();
  };

  const letGo = (line: Line, why: Hold): void => {
    if (line.holds.delete(why) && line.holds.size === 0) serve(line, perClient.frames);
  };

  const hold = (line: Line, why: Hold): void => {
    line.holds.add(why);
    queued.delete(line);
    line.ports.pause();
  };

  const charge = (line: Line, nowMs: number): void => {
    line.paidUntilMs = Math.max(nowMs, line.paidUntilMs) + line.bytesThisTurn / bytesPerMs;
    line.framesThisTurn = line.bytesThisTurn = 0;
    if (!isPressed || line.paidUntilMs - nowMs <= burstMs || line.holds.has("pressure")) return;
    hold(line, "pressure");
    line.cancelLetGo = later(() => letGo(line, "pressure"), line.paidUntilMs - nowMs - burstMs / 2);
  };

  return {
    open: (ports) => {
      const line: Line = {
        ports,
        holds: new Set(),
        waiting: [],
        framesThisTurn: 0,
        bytesThisTurn: 0,
        paidUntilMs: 0,
        cancelLetGo: () => {},
      };
      return {
        hear: (frame) => {
          if (line.waiting.length === 0 && line.holds.size === 0 && hasRoom(line)) {
            take(line, frame);
            return true;
          }
          if (line.waiting.length === 0) ports.pause();
          line.waiting.push(frame);
          if (line.holds.size === 0) queued.add(line);
          return line.waiting.length <= waitingMax;
        },
        hold: (why) => hold(line, why),
        letGo: (why) => letGo(line, why),
        isHeld: () => line.holds.size > 0,
        close: () => {
          line.cancelLetGo();
          queued.delete(line);
          talking.delete(line);
          line.waiting.length = 0;
        },
      };
    },
    press: () => {
      isPressed = true;
    },
    endTurn: () => {
      const nowMs = now();
      for (const line of talking) charge(line, nowMs);
      talking.clear();
      frames = bytes = 0;
      isPressed = false;
      const share = Math.max(1, Math.floor(inAll.frames / Math.max(1, queued.size)));
      for (const line of [...queued]) serve(line, share);
    },
  };
};
