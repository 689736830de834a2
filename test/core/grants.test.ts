import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { defaultGrants, mayEnter, type RoomId } from "../../core/index.js";

const fits = (rooms: ReadonlyArray<string>, room: string): boolean =>
  mayEnter({ ...defaultGrants, rooms }, room as RoomId);

test.each([
  ["team", "team", true],
  ["team", "team-a", false],
  ["team", "Team", false],
  ["team-*", "team-a", true],
  ["team-*", "team-", true],
  ["team-*", "team", false],
  ["team-*", "a-team-a", false],
  ["*", "", true],
  ["*", "anything * at all", true],
  ["***", "x", true],
  ["*-a", "team-a", true],
  ["*-a", "team-a-b", false],
  ["a*a", "a", false],
  ["a*a", "aa", true],
  ["ab*bc", "abc", false],
  ["a*b*c", "a-b-c", true],
  ["a*b*c", "acb", false],
  ["a*bc*c", "abc", false],
  ["*ab*ab*", "abab", true],
  ["*ab*ab*", "abb", false],
  ["a.c", "abc", false],
  ["(a+)+$", "aaaa", false],
  ["raum-ü*", "raum-ü-😀", true],
])("the pattern %s and the room %s: %s", (pattern, room, isIt) => {
  expect(fits([pattern], room)).toBe(isIt);
});

test("one pattern of several is enough, and none are for no room", () => {
  expect(fits(["a", "b-*"], "b-1")).toBe(true);
  expect(fits([], "a")).toBe(false);
  expect(mayEnter(defaultGrants, "a" as RoomId)).toBe(true);
});

/** What a pattern means: a star stands for nothing, or for one character and then what it stands for again. */
const means = (pattern: string, room: string): boolean => {
  if (pattern === "") return room === "";
  if (pattern.startsWith("*")) return means(pattern.slice(1), room) || (room !== "" && means(pattern, room.slice(1)));
  return pattern[0] === room[0] && room !== "" && means(pattern.slice(1), room.slice(1));
};

describe("laws", () => {
  const few = (...chars: ReadonlyArray<string>) => fc.string({ unit: fc.constantFrom(...chars), maxLength: 9 });

  test("a pattern is for the rooms that its definition says", () => {
    fc.assert(
      fc.property(few("a", "b", "*", "*"), few("a", "b", "*"), (pattern, room) => {
        expect(fits([pattern], room)).toBe(means(pattern, room));
      }),
      { numRuns: 5_000 },
    );
  });

  test("whatever stands for the stars, the pattern is for it", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string())), fc.string(), (pairs, end) => {
        const pattern = `${pairs.map(([piece]) => `${piece}*`).join("")}${end}`;
        fc.pre(!pairs.some(([piece]) => piece.includes("*")) && !end.includes("*"));
        expect(fits([pattern], `${pairs.map(([piece, filling]) => piece + filling).join("")}${end}`)).toBe(true);
      }),
    );
  });

  test("the patterns that make others look for ages take no time, however long the name", () => {
    const hard = [
      `${"a*".repeat(63)}b`,
      `*${"a".repeat(62)}b*${"a".repeat(62)}b`,
      `*${"a*".repeat(62)}b*`,
      `*b${"a".repeat(126)}*`,
    ];
    const patterns = Array.from({ length: 64 }, (_, i) => hard[i % hard.length] ?? "");
    const timeOf = (chars: number): number => {
      const room = "a".repeat(chars);
      const began = performance.now();
      expect(fits(patterns, room)).toBe(false);
      return performance.now() - began;
    };
    timeOf(1_024);
    expect(Math.min(timeOf(1_024), timeOf(1_024))).toBeLessThan(10);
    expect(Math.min(timeOf(100_000), timeOf(100_000))).toBeLessThan(250);
  });
});
