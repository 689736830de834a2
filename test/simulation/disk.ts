import * as E from "fp-ts/lib/Either.js";
import { redactor } from "../../adapters/journal/redact.js";
import { type Event, type Payloads, parseLine, type Recorded, replay, type State, snapshot } from "../../core/index.js";

/** The journal of one run of the server. */
export interface Disk {
  readonly record: (event: Event, state: State) => void;
  /** What was recorded so far is on the disk. */
  readonly sync: () => void;
  /** From now on nothing can be written. */
  readonly fail: () => void;
  /** What is wrong with what a reader finds, when only such a share of what was not synced has been written; undefined for nothing. */
  readonly wrongAfterCrash: (share: number) => string | undefined;
}

const key = Buffer.alloc(32, 7);

export const disk = (payloads: Payloads): Disk => {
  const redact = redactor(payloads, key);
  const states: State[] = [];
  let [synced, unsynced] = ["", ""];
  let hasFailed = false;

  const wrongIn = (text: string, eventsMin: number): string | undefined => {
    // The last line is cut short, or empty.
    const lines = text.split("\n").slice(0, -1);
    if (lines.length < eventsMin) return `the journal has ${lines.length} events, and ${eventsMin} were synced`;
    const events: Recorded[] = [];
    for (const line of lines) {
      const parsed = parseLine(line);
      if (E.isLeft(parsed)) return `the journal is damaged: ${parsed.left}: ${line}`;
      if ("journal" in parsed.right || "digest" in parsed.right) return "the journal has a line that is no event";
      events.push(parsed.right);
    }
    let last: State | undefined;
    for (const { after } of replay(events)) last = after;
    const live = states[events.length - 1];
    if (last === undefined || live === undefined) return undefined;
    return JSON.stringify(snapshot(last)) === JSON.stringify(snapshot(live))
      ? undefined
      : `replay of the journal gives another state than the live one after ${events.length} events`;
  };

  let eventsSynced = 0;
  return {
    record: (event, state) => {
      if (hasFailed) return;
      unsynced += `${JSON.stringify(redact(event))}\n`;
      states.push(state);
    },
    sync: () => {
      if (hasFailed) return;
      synced += unsynced;
      unsynced = "";
      eventsSynced = states.length;
    },
    fail: () => {
      hasFailed = true;
    },
    wrongAfterCrash: (share) => wrongIn(synced + unsynced.slice(0, Math.floor(unsynced.length * share)), eventsSynced),
  };
};
