import fc from "fast-check";
import { expect, test } from "vitest";
import {
  apply,
  type ClientId,
  type Entry,
  type Event,
  initialShared,
  invariants,
  type Shared,
  sharedSnapshot,
} from "../../core/index.js";
import { withLog } from "../support/logged-run.js";
import { anyMixedRun, anyMixedSettings, framesOf } from "../support/v1-world.js";
import { last, play } from "../support/world.js";

/** Of the directory apart: in a tick that ends something, a log answers after those who watch it have been told. */
const framesByClient = (run: ReadonlyArray<Event>): ReadonlyMap<string, ReadonlyArray<string>> => {
  const frames = new Map<string, string[]>();
  for (const moment of play(run))
    for (const { to, text } of framesOf(moment)) {
      const key = `${to}${text.startsWith('{"type":"directory') ? ", directory" : ""}`;
      frames.set(key, [...(frames.get(key) ?? []), text]);
    }
  return frames;
};

const entriesOf = (run: ReadonlyArray<Event>): ReadonlyArray<Entry> =>
  run.flatMap((event) => (event.kind === "Appended" ? [event.entry] : []));

/** The shared half that comes of entries alone. */
const folded = (run: ReadonlyArray<Event>): Shared => {
  const [first] = run;
  if (first?.kind !== "ServerStarted") throw new Error("a run begins with its settings");
  return entriesOf(run).reduce((shared, entry) => apply(shared, entry)[0], initialShared(first.settings));
};

/** Without a log there are no nodes. */
const withoutNodes = (shared: Shared) => {
  const { sessions, nodes: _, ...others } = sharedSnapshot(shared);
  return { ...others, sessions: sessions.map(({ node: __, ...session }) => session) };
};

/** What a client says after its bye waits until the bye is back from the log (adapters/server/awaiting.ts), and then it is closed. */
const withoutAfterBye = (run: ReadonlyArray<Event>): ReadonlyArray<Event> => {
  const gone = new Set<ClientId>();
  return run.filter((event) => {
    if (!("client" in event)) return true;
    if (event.kind === "ClientConnected") gone.delete(event.client);
    else if (gone.has(event.client) && event.kind !== "ClientDisconnected") return false;
    if (event.kind === "ByeReceived") gone.add(event.client);
    return true;
  });
};

/** Where the list is repeated in the tick that closes a room, a log answers after the repetition. */
const withoutRepetition = anyMixedSettings.map((settings) => ({ ...settings, roomListIntervalMs: 1_000_000_000 }));

test("law: with a log that answers at once, every client is sent the same frames, and the state is the same", () => {
  fc.assert(
    fc.property(anyMixedRun(withoutRepetition), (run) => {
      const logged = withLog(run);
      expect(framesByClient(logged)).toEqual(framesByClient(run));
      expect(withoutNodes(last(play(logged)).shared)).toEqual(withoutNodes(last(play(run)).shared));
    }),
    { numRuns: 100 },
  );
});

test("law: however late a log answers, the entries alone make the shared half, and in the end the invariants hold", () => {
  fc.assert(
    fc.property(anyMixedRun(), fc.array(fc.nat(12), { minLength: 1 }), (run, delays) => {
      const logged = withLog(withoutAfterBye(run), (seq) => delays[seq % delays.length] ?? 0);
      const after = last(play(logged));
      expect(sharedSnapshot(folded(logged))).toEqual(sharedSnapshot(after.shared));
      expect(invariants(after)).toEqual([]);
    }),
    { numRuns: 100 },
  );
});
