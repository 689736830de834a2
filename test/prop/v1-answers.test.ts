import fc from "fast-check";
import { expect, test } from "vitest";
import * as Table from "../../core/base/table.js";
import type { ServerFrame } from "../../core/dialect/v1/wire.js";
import type { ClientId, Moment, SessionId } from "../../core/index.js";
import type { PersonalMessage } from "../../core/message.js";
import { sessionOf } from "../support/v1-client.js";
import { anyMixedRun, v1FramesOf } from "../support/v1-world.js";
import { play } from "../support/world.js";

type Numbered = Extract<ServerFrame, { readonly n: number }>;

const numberedFor = (moment: Moment, client: ClientId): ReadonlyArray<Numbered> =>
  v1FramesOf(moment).flatMap(({ to, frame }) => (to === client && "n" in frame ? [frame] : []));

const isAnswer = (frame: Numbered): frame is Extract<Numbered, { readonly type: "result" | "error" }> =>
  frame.type === "result" || frame.type === "error";

test("law: every request with a number of its own gets one answer, at once, and none of an earlier session or socket gets another", () => {
  fc.assert(
    fc.property(anyMixedRun(), (run) => {
      for (const moment of play(run)) {
        const { event, before } = moment;
        if (!("client" in event)) continue;
        const session = event.kind === "ClientConnected" ? undefined : sessionOf(before, event.client);
        const id = session !== undefined && "id" in event ? event.id : undefined;
        for (const { to, frame } of v1FramesOf(moment)) {
          if (event.kind === "ClientConnected" || !("n" in frame) || !isAnswer(frame)) continue;
          expect([to, frame.id]).toEqual([event.client, id]);
        }
        if (id === undefined) continue;
        const answers = numberedFor(moment, event.client).filter(isAnswer);
        expect(
          answers.map((frame) => frame.id),
          event.kind,
        ).toEqual([id]);
        const { heard = 0 } = Table.get(before.local.mailboxes, session ?? ("" as SessionId)) ?? {};
        const isRateLimited =
          before.shared.settings.limits.messagesPerSecond > 0 && codeOf(answers[0]) === "rate-limited";
        if (id <= heard && !isRateLimited) expect(answers).toMatchObject([{ type: "error", code: "invalid-message" }]);
      }
    }),
    { numRuns: 100 },
  );
});

const codeOf = (frame: ReturnType<typeof numberedFor>[number] | undefined): string =>
  frame?.type === "error" ? frame.code : "no error";

/** What was posted to a session and what it has acknowledged, from the outside. */
interface Posted {
  readonly messages: Map<number, PersonalMessage | undefined>;
  acknowledged: number;
}

test("law: the frames of a session are numbered 1, 2, 3 …; a resume sends again all that was not acknowledged, or names whose is gone", () => {
  fc.assert(
    fc.property(anyMixedRun(), (run) => {
      const sessions = new Map<SessionId, Posted>();
      const last = new Map<ClientId, number>();
      for (const moment of play(run)) {
        const { event, before, after } = moment;
        const postedTo = (session: SessionId): Posted => {
          const known = sessions.get(session) ?? { messages: new Map(), acknowledged: 0 };
          sessions.set(session, known);
          return known;
        };
        const mine =
          "client" in event && event.kind !== "ClientConnected" ? sessionOf(before, event.client) : undefined;
        if (mine !== undefined && "seen" in event && event.seen !== undefined) {
          const posted = postedTo(mine);
          const { lastN = 0 } = Table.get(before.local.mailboxes, mine) ?? {};
          posted.acknowledged = Math.max(posted.acknowledged, Math.min(event.seen, lastN));
        }
        for (const { session, kept, lastN } of Table.values(after.local.mailboxes)) {
          const { messages } = postedTo(session);
          for (let n = messages.size + 1; n <= lastN; n++) messages.set(n, kept.find((one) => one.n === n)?.message);
        }
        for (const { to, frame } of v1FramesOf(moment)) {
          if (frame.type === "welcome") {
            const posted = postedTo(frame.session);
            const seen = event.kind === "ClientConnected" && frame.resumed ? (event.greeting?.seen ?? 0) : 0;
            const from = Math.max(posted.acknowledged, Math.min(seen, posted.messages.size));
            posted.acknowledged = from;
            const again = numberedFor(moment, to).map(({ n }) => n);
            const all = Array.from({ length: posted.messages.size - from }, (_, i) => from + 1 + i);
            const missing = all.filter((n) => !again.includes(n));
            expect(again).toEqual(all.slice(missing.length));
            expect(frame.gap !== undefined, `gap ${frame.gap} of ${missing.join()}`).toBe(missing.length > 0);
            for (const message of missing.map((n) => posted.messages.get(n)))
              if (message !== undefined && "from" in message) expect(frame.gap).toContain(message.from);
            last.set(to, again.at(-1) ?? posted.messages.size);
          } else if ("n" in frame && event.kind !== "ClientConnected") {
            expect(frame.n).toBe((last.get(to) ?? 0) + 1);
            last.set(to, frame.n);
          }
        }
      }
    }),
    { numRuns: 100 },
  );
});
