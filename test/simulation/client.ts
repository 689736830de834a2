import type { ClientEnd, Link } from "./link.js";
import type { Random } from "./random.js";
import type { Schedule } from "./schedule.js";

/** What a client of the simulation has around it. */
export interface ClientWorld {
  readonly schedule: Schedule;
  /** For what it does by itself, such as the delay of a reconnect. */
  readonly chance: Random;
  readonly connect: (dialect: "seed" | "signalbox.v1", end: ClientEnd) => Link;
  readonly fail: (sentence: string) => void;
  readonly settings: { readonly messageCharsMax: number };
}

export interface Client {
  readonly name: string;
  readonly start: () => void;
  /** Does something that its protocol allows, as the numbers decide. */
  readonly act: (chance: Random) => void;
  /** The connection as it is now, for faults. */
  readonly link: () => Link | undefined;
  /** From now on it only keeps what it has, and comes to this room. */
  readonly settle: (room: string) => void;
  /** It goes, for good. */
  readonly stop: () => void;
}

/** A growing delay, half of it random. */
const firstMs = 100;
const lastMs = 1_600;
/** So long a silence makes a client ask, and so long it waits for the answer. */
const askAfterMs = 4_000;
const answerMs = 4_000;
/** When a socket that was given up speaks again. */
const laterMs = 400;

export interface Wire {
  readonly say: (frame: object | string | undefined) => void;
  readonly link: () => Link | undefined;
  readonly isOpen: () => boolean;
  /** Ends the connection and comes back; or leaves it open, and says something on it when it has come back. */
  readonly again: (later?: object) => void;
  /** Ends the connection without a word, and comes back in so many ms. */
  readonly away: (ms: number) => void;
  /** Ends the connection, for good. */
  readonly end: (code: number) => void;
}

interface Attempt {
  readonly link: Link;
  isOpen: boolean;
  heardAt: number;
  isAsked: boolean;
}

/** A connection that comes back, and finds out when the server does not answer. */
export const wire = (
  { schedule, chance, connect }: ClientWorld,
  dialect: "seed" | "signalbox.v1",
  on: {
    readonly opened: () => void;
    readonly hear: (text: string) => void;
    readonly closed: (code: number) => void;
    /** Says something that is answered. */
    readonly ask: () => void;
    readonly isFinal: (code: number) => boolean;
  },
): Wire & { readonly start: () => void } => {
  let current: Attempt | undefined;
  let [failures, isEnded] = [0, false];

  const comeBack = (): void => {
    if (isEnded) return;
    const ms = Math.min(lastMs, firstMs * 2 ** failures);
    failures += 1;
    schedule.later(start, ms / 2 + (chance.share() * ms) / 2);
  };
  const lost = (code: number): void => {
    current = undefined;
    on.closed(code);
    if (on.isFinal(code)) isEnded = true;
    else comeBack();
  };
  const start = (): void => {
    if (isEnded || current !== undefined) return;
    const isMine = (): boolean => current === mine;
    const link = connect(dialect, {
      opened: () => {
        if (!isMine()) return;
        mine.isOpen = true;
        mine.heardAt = schedule.now();
        on.opened();
      },
      hear: (text) => {
        if (!isMine()) return;
        [mine.heardAt, mine.isAsked, failures] = [schedule.now(), false, 0];
        on.hear(text);
      },
      closed: (code) => {
        if (isMine()) lost(code);
      },
    });
    const mine: Attempt = { link, isOpen: false, heardAt: schedule.now(), isAsked: false };
    current = mine;
    const watch = (): void => {
      if (!isMine()) return;
      const silentMs = schedule.now() - mine.heardAt;
      if (silentMs >= askAfterMs + answerMs) {
        mine.link.leave(1000);
        return lost(1006);
      }
      if (silentMs >= askAfterMs && mine.isOpen && !mine.isAsked) {
        mine.isAsked = true;
        on.ask();
      }
      schedule.later(watch, 1_000);
    };
    schedule.later(watch, 1_000);
  };
  return {
    start,
    say: (frame) => {
      if (current?.isOpen === true) current.link.say(typeof frame === "object" ? JSON.stringify(frame) : frame);
    },
    link: () => current?.link,
    isOpen: () => current?.isOpen === true,
    again: (later) => {
      if (current === undefined) return;
      const { link } = current;
      if (later === undefined) link.leave(1000);
      else {
        schedule.later(() => link.say(JSON.stringify(later)), chance.below(laterMs));
        schedule.later(() => link.leave(1000), laterMs);
      }
      lost(1006);
    },
    away: (ms) => {
      if (current === undefined) return;
      current.link.reset();
      current = undefined;
      on.closed(1006);
      schedule.later(start, ms);
    },
    end: (code) => {
      isEnded = true;
      current?.link.leave(code);
      current = undefined;
    },
  };
};
