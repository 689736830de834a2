import type { Moment, Recorded, Timings } from "../../core/index.js";
import { attemptsIn, between, signalsByRoom } from "./attempts.js";
import { NameError, peopleNamed, roomsNamed } from "./names.js";
import { ofRooms } from "./one-room.js";
import { isBy, isNamed, type Person, peopleOf, roomNamed } from "./people.js";
import { readRecording } from "./read-recording.js";
import type { Recording } from "./recording.js";
import { type DescribedFinding, withSentences } from "./sentences/sentence.js";
import { listedMax } from "./sentences/words.js";
import { finding, type Inquiry, optional } from "./why/finding.js";
import { outcomeOf, signalsIn, summaryOf } from "./why/outcome.js";
import { withAttempts, withoutOffer } from "./why/verdict.js";

/** What a question about a recording is answered from. */
export interface Source {
  readonly moments: Iterable<Moment<Recorded>>;
  /** The timings of the recorded server's sockets. */
  readonly timings: Timings;
}

/**
 * Why user `a` did not reach user `b`: first the conclusion, then what to do next, then each attempt and other details. Users are given by id
 * or name; where a name means several people, each pair is answered in turn. With a room, of what happened there alone.
 *
 * @throws NameError where a word names nobody in the recording
 */
export const why = (
  { moments, timings }: Source,
  [a, b]: readonly [string, string],
  room?: string,
): ReadonlyArray<DescribedFinding> => {
  const { recording, people } = read(moments, room);
  const [as, bs] = [a, b].map((word) => peopleNamed(recording, people, word));
  const pairs = (as ?? []).flatMap((from) => (bs ?? []).filter((to) => to !== from).map((to) => ({ from, to })));
  if (pairs.length === 0) throw new NameError({ code: "same-user" });
  const inquiries = pairs.map((pair) => inquiryOf({ recording, people, ...timings }, pair));
  const [only] = inquiries;
  if (inquiries.length === 1 && only !== undefined) return answerOfEachRoom(only);
  const withSignals = inquiries.filter(({ signals }) => signals.length > 0);
  return (withSignals.length > 0 ? withSignals : inquiries).slice(0, listedMax).flatMap((inquiry) => {
    const { from, to } = inquiry;
    return [
      ...withSentences([finding([], { code: "pair", from: from.named, to: to.named })], []),
      ...answerOfEachRoom(inquiry),
    ];
  });
};

/**
 * How the signalling of user `a` went with everybody whom they signalled with or shared a room with, one line each.
 *
 * @throws NameError where the word names nobody in the recording
 */
export const whyEach = ({ moments, timings }: Source, a: string, room?: string): ReadonlyArray<DescribedFinding> => {
  const { recording, people } = read(moments, room);
  return peopleNamed(recording, people, a).flatMap((from) => {
    const met = metBy(recording, from);
    const others = people.filter((to) => to !== from && [...met].some((id) => isNamed(id, to)));
    const heading = finding([], { code: "person", person: from.named, isAlone: others.length === 0 });
    return [
      ...withSentences([heading], []),
      ...others.flatMap((to) => inBrief(inquiryOf({ recording, people, ...timings }, { from, to }))),
    ];
  });
};

const read = (moments: Source["moments"], room: string | undefined) => {
  const recording = readRecording(moments);
  const people = peopleOf(recording);
  return { recording: room === undefined ? recording : ofRooms(recording, roomsNamed(recording, room)), people };
};

const inBrief = (inquiry: Inquiry): ReadonlyArray<DescribedFinding> => {
  const { attempts, from, to } = inquiry;
  const attempt = attempts.at(-1);
  const outcome = attempt && outcomeOf(inquiry, attempt);
  const brief = finding(outcome === undefined ? [] : signalsIn(outcome), {
    code: "outcome-with",
    other: to.named,
    attempts: attempts.length,
    ...optional("last", outcome && summaryOf(inquiry, outcome, attempts.length)),
  });
  return withSentences([brief], [from.named, to.named], [from.named]);
};

/** The ids of all who signalled with somebody, or were in a room with them at the same time. */
const metBy = ({ incidents }: Recording, person: Person): ReadonlySet<string> => {
  const { ids } = person;
  const there = new Map<string, Set<string>>();
  const met = new Set<string>();
  for (const one of incidents) {
    if (one.kind === "relay" && one.signalKind !== undefined && one.to !== undefined) {
      if (isBy(one, person)) met.add(one.to);
      else if (ids.includes(one.to) && one.from !== undefined) met.add(one.from);
    }
    if (one.kind !== "join" && one.kind !== "leave") continue;
    const users = there.get(one.room) ?? new Set<string>();
    there.set(one.room, users);
    if (one.kind === "leave") users.delete(one.user);
    else users.add(one.user);
    if (one.kind === "join" && ids.some((id) => users.has(id))) for (const user of users) met.add(user);
  }
  return met;
};

const inquiryOf = (
  known: Pick<Inquiry, "recording" | "people" | "cutAfterMs">,
  { from, to }: Pick<Inquiry, "from" | "to">,
): Inquiry => {
  const { recording } = known;
  const signals = between(recording, from, to);
  return { ...known, from, to, signals, attempts: attemptsIn(signals) };
};

/** Two who called each other in several rooms are answered for each of them. */
const answerOfEachRoom = (inquiry: Inquiry): ReadonlyArray<DescribedFinding> => {
  const { recording, signals } = inquiry;
  const rooms = signalsByRoom(signals);
  if (rooms.length < 2) return answerTo(inquiry);
  return rooms.flatMap(({ room, signals: own }) => [
    ...withSentences(
      [finding([], { code: "room", ...optional("room", room === undefined ? undefined : roomNamed(recording, room)) })],
      [],
    ),
    ...answerTo({
      ...inquiry,
      recording: room === undefined ? recording : ofRooms(recording, [room]),
      signals: own,
      attempts: attemptsIn(own),
    }),
  ]);
};

const answerTo = (inquiry: Inquiry): ReadonlyArray<DescribedFinding> =>
  withSentences(inquiry.attempts.length === 0 ? withoutOffer(inquiry) : withAttempts(inquiry), [
    inquiry.from.named,
    inquiry.to.named,
  ]);
