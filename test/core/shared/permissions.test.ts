import * as O from "fp-ts/lib/Option.js";
import { describe, expect, test } from "vitest";
import { type Action, type Role, refusalOf } from "../../../core/shared/permissions.js";

const about = { room: "r", user: "u" } as never;

describe("the table", () => {
  test.each<readonly [Action, Role, boolean]>([
    ["update room", "host", true],
    ["update room", "participant", false],
    ["leave", "host", true],
    ["leave", "participant", true],
    ["remove participant", "host", true],
    ["remove participant", "participant", false],
  ])("%s, as %s: %s", (action, role, isAllowed) => {
    expect(O.isNone(refusalOf(action, [role], about))).toBe(isAllowed);
  });

  test.each<Action>(["update room", "leave", "remove participant"])("%s, as nobody: refused", (action) => {
    expect(O.isSome(refusalOf(action, [], about))).toBe(true);
  });

  test("one role that may is enough", () => {
    expect(refusalOf("remove participant", ["participant", "host"], about)).toEqual(O.none);
  });

  test("how each action is refused", () => {
    const notAllowed = {
      code: "not-allowed",
      message: "not allowed: only u or the host can end the presence of u in room r",
    };
    expect(refusalOf("leave", [], about)).toEqual(O.some(notAllowed));
    expect(refusalOf("remove participant", [], about)).toEqual(O.some(notAllowed));
    expect(refusalOf("update room", [], about)).toEqual(
      O.some({ code: "room-exists", message: "room r already exists and has another host" }),
    );
  });
});
