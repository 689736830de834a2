import fc from "fast-check";
import { expect, test } from "vitest";
import { type Event, listedRooms, type State, writtenList } from "../../core/index.js";
import { anyRun, play } from "../support/world.js";

const listsOf =
  (charsMax: number) =>
  (event: Event): Event =>
    event.kind === "ServerStarted"
      ? {
          ...event,
          settings: { ...event.settings, limits: { ...event.settings.limits, listCharsMax: charsMax } },
        }
      : event;

/** The rooms as texts: those to be left out last come first. */
const inOrderOfWorth = (state: State): ReadonlyArray<string> => {
  const rooms = listedRooms(state);
  const texts = (isEmpty: boolean): ReadonlyArray<string> =>
    rooms.filter((room) => (room.participantCount === 0) === isEmpty).map((room) => JSON.stringify(room));
  return [...texts(false), ...texts(true)];
};

const charsOf = (texts: ReadonlyArray<string>): number => `[${texts.join(",")}]`.length;

/** The lengths that lists of this run have, whole and without some rooms, and one less. */
const edgesOf = (run: ReadonlyArray<Event>): ReadonlyArray<number> => {
  const lengths = play(run).flatMap(({ after }) => {
    const texts = inOrderOfWorth(after);
    return texts.map((_, n) => charsOf(texts.slice(0, n + 1)));
  });
  return [2, ...new Set(lengths.flatMap((length) => [length, length - 1]))];
};

test("law: a room list is no longer than it may be, in order, and leaves out no more than it must: empty rooms, then the newest", () => {
  let omittedInAll = 0;
  fc.assert(
    fc.property(anyRun(), fc.nat(), (run, choice) => {
      const edges = edgesOf(run);
      const charsMax = edges[choice % edges.length] ?? 2;
      for (const { after } of play(run.map(listsOf(charsMax)))) {
        const { text, omitted } = writtenList(after);
        const worth = inOrderOfWorth(after);
        const most = [...worth.keys(), worth.length].filter((n) => charsOf(worth.slice(0, n)) <= charsMax).at(-1) ?? 0;
        const due = listedRooms(after).map((room) => JSON.stringify(room));
        const isShown = (room: string): boolean => worth.indexOf(room) < most;
        expect(text).toBe(`[${due.filter(isShown).join(",")}]`);
        expect(omitted).toBe(worth.length - most);
        omittedInAll += omitted;
      }
    }),
  );
  expect(omittedInAll).toBeGreaterThan(0);
});
