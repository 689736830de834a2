import { type Moment, type Recorded, replay } from "../../core/index.js";
import { readRecording } from "../explain/read-recording.js";
import { effectsOf } from "../explain/state-at.js";
import { end, say } from "./terminal.js";

/** `--effects`: what some events caused, and who got it. */
export const showEffects = (events: Iterable<Recorded>, range: string): void => {
  const [, from, to = from] = /^#?([1-9]\d*)(?:[-–]#?([1-9]\d*))?$/.exec(range) ?? [];
  if (from === undefined || Number(to) < Number(from))
    end(
      2,
      `--effects is ${JSON.stringify(range)}: it must be the number of an event, from 1, or two of them, the smaller first (285-291).`,
    );
  const found: Moment<Recorded>[] = [];
  let n = 0;
  for (const moment of replay(events)) {
    if (moment.n > Number(to)) break;
    n = moment.n;
    if (n >= Number(from)) found.push(moment);
  }
  if (found.length === 0) return end(2, `the recording has no event #${from}: it has ${n}`);
  const recording = readRecording(replay(events));
  for (const moment of found) say(effectsOf(moment, recording));
};
