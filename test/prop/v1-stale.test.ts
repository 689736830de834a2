import fc from "fast-check";
import * as O from "fp-ts/lib/Option.js";
import { expect, test } from "vitest";
import * as Table from "../../core/base/table.js";
import type { Moment } from "../../core/index.js";
import type { PersonalMessage } from "../../core/message.js";
import { anyMixedRun, anyTalkingAct } from "../support/v1-world.js";
import { play } from "../support/world.js";

/** What two are negotiating, told plainly. */
interface Talk {
  current: number;
  offerer: string;
  isAnswered: boolean;
  /** The numbers of all offers, and of those before the current one. */
  used: ReadonlyArray<number>;
  settled: ReadonlyArray<number>;
}

type Verdict = "stale" | "accepted" | "crossing";

/** What must become of a signal, and what the two negotiate afterwards. */
const heard = (
  talk: Talk | undefined,
  { from, to, signal, n }: { readonly from: string; readonly to: string; readonly signal: string; readonly n: number },
): readonly [Verdict, Talk | undefined] => {
  const offer: Talk = {
    current: n,
    offerer: from,
    isAnswered: false,
    used: [...(talk?.used ?? []), n],
    settled: talk?.used ?? [],
  };
  if (talk === undefined) return ["accepted", signal === "offer" ? offer : undefined];
  if (signal !== "offer") {
    const isOver = n < talk.current || (n !== talk.current && talk.used.some((used) => used >= n));
    if (isOver) return ["stale", talk];
    const isAnswer = signal === "answer" && n === talk.current && talk.offerer === to;
    const isEnd = signal === "end" && n === talk.current;
    return ["accepted", isAnswer || isEnd ? { ...talk, isAnswered: true } : talk];
  }
  const isAbove = (numbers: ReadonlyArray<number>): boolean => numbers.every((used) => used < n);
  if (!talk.isAnswered && talk.offerer === to && isAbove(talk.settled)) {
    const isImpolite = from < to;
    return ["crossing", isImpolite ? { ...offer, settled: talk.settled } : { ...talk, used: offer.used }];
  }
  return isAbove(talk.used) ? ["accepted", offer] : ["stale", talk];
};

const personal = ({ effects }: Moment): ReadonlyArray<PersonalMessage> =>
  effects.flatMap((effect) =>
    effect.kind === "Send" && effect.message.kind === "Personal" ? [effect.message.about] : [],
  );

/** What became of it. */
const verdictOf = (said: ReadonlyArray<PersonalMessage>): Verdict | undefined => {
  if (said.some((about) => about.kind === "Refused" && about.refusal.code === "stale")) return "stale";
  if (said.some((about) => about.kind === "Crossing")) return "crossing";
  return said.some((about) => about.kind === "Result" && about.outcome !== undefined) ? "accepted" : undefined;
};

test("law: a signal of a negotiation that is over is refused, whoever it is from, and no other is; of two crossing offers both hear the same", () => {
  fc.assert(
    fc.property(anyMixedRun(undefined, anyTalkingAct), (run) => {
      const talks = new Map<string, Talk>();
      for (const moment of play(run)) {
        const { event, effects, before } = moment;
        for (const effect of effects)
          if (effect.kind === "Report" && effect.fact.kind === "ParticipantLeft")
            for (const key of talks.keys()) {
              const [room, ...pair] = key.split(" ");
              if (room === effect.fact.room && pair.includes(effect.fact.user)) talks.delete(key);
            }
        if (event.kind !== "SignalRequested") continue;
        const member = Table.get(before.local.clients, event.client)?.member ?? O.none;
        const said = personal(moment);
        const verdict = verdictOf(said);
        if (O.isNone(member) || verdict === undefined) continue;
        const { user: from } = member.value;
        const key = [event.roomId, ...[from, event.to].sort()].join(" ");
        const signal = { from, to: event.to, signal: event.signal, n: event.negotiation };
        const [expected, talk] = heard(talks.get(key), signal);
        expect(verdict, JSON.stringify({ signal, talk: talks.get(key) })).toBe(expected);
        if (verdict === "stale") expect(said.map(({ kind }) => kind)).toEqual(["Refused"]);
        for (const about of said)
          if (about.kind === "Crossing") expect(about.polite).toBe(from < event.to ? event.to : from);
        if (talk !== undefined) talks.set(key, talk);
      }
    }),
    { numRuns: 100 },
  );
});
