import { expect, test } from "vitest";
import * as Id from "../../../core/base/id.js";
import * as Table from "../../../core/base/table.js";

test("a whole number is one from min to max, and nothing else is", () => {
  const { is } = Id.whole(2, 4);
  for (const number of [2, 3, 4]) expect(is(number)).toBe(true);
  for (const other of [1, 5, 2.5, Number.NaN, Number.POSITIVE_INFINITY, "3", null, undefined])
    expect(is(other)).toBe(false);
});

test("a text has min to max characters, counted as code points, of any length in UTF-16", () => {
  const { is } = Id.text(1, 2);
  for (const text of ["a", "ab", "😀", "😀😀"]) expect(is(text)).toBe(true);
  for (const other of ["", "abc", "😀😀😀", "a\n", "\ud800", 1]) expect(is(other)).toBe(false);
});

test("a label is a text that is not only spaces", () => {
  const { is } = Id.label(3);
  expect([is("a"), is(" a "), is("   "), is(""), is("abcd")]).toEqual([true, true, false, false, false]);
});

test("a table that has lost its last key is the empty one", () => {
  expect(Table.remove(Table.set(Table.empty<string, number>(), "a", 1), "a")).toBe(Table.empty());
});

test("a seat is read as the room and the user that it was made of", () => {
  const seat = Id.seat("r 1" as never, "u:1" as never);
  expect(Id.seatOf(seat)).toEqual({ room: "r 1", user: "u:1" });
});
