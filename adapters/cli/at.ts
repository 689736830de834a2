import { type Moment, type Recorded, replay, snapshot } from "../../core/index.js";
import { readRecording } from "../explain/read-recording.js";
import type { Recording } from "../explain/recording.js";
import { stateOf } from "../explain/state-at.js";
import { isoOf, momentOf } from "../explain/times.js";
import { end, say } from "./terminal.js";

/** `--at`: the state after an event, by number, or after the last event up to a time. */
export const showAt = (events: Iterable<Recorded>, at: string, isJson: boolean): void => {
  const moments = { [Symbol.iterator]: () => replay(events) };
  stateAt({ moments, recording: () => readRecording(moments) }, at, isJson);
};

interface Asked {
  readonly moments: Iterable<Moment<Recorded>>;
  /** What people and rooms are called. */
  readonly recording: () => Recording;
}

/** The same, where moments are not numbered from 1, or the recording is read otherwise. */
export const stateAt = ({ moments, recording }: Asked, at: string, isJson: boolean): void => {
  const number = /^#?(\d+)$/.exec(at)?.[1];
  const span = number === undefined ? spanOf(moments) : undefined;
  const time = span && momentOf(at, span);
  if (span !== undefined && time === undefined)
    end(
      2,
      `--at is ${JSON.stringify(at)}: it must be the number of an event, a time of day (05:06:10), or an ISO time.`,
    );
  let last: Moment<Recorded> | undefined;
  for (const moment of moments) {
    if (time === undefined ? moment.n > Number(number) : moment.event.at > time) break;
    last = moment;
  }
  if (last === undefined) {
    const [first] = moments;
    const begins = first === undefined ? "holds no events" : `begins at ${isoOf(first.event.at)}`;
    return end(2, `nothing had happened yet at ${at}: the recording ${begins}`);
  }
  say(isJson ? JSON.stringify({ event: last.n, state: snapshot(last.after) }) : stateOf(last, recording()));
};

const spanOf = (moments: Iterable<Moment<Recorded>>): { readonly from: number; readonly to: number } => {
  let from: number | undefined;
  let to = 0;
  for (const { event } of moments) {
    from ??= event.at;
    to = event.at;
  }
  return { from: from ?? 0, to };
};
