import * as O from "fp-ts/lib/Option.js";
import { describe, expect, test } from "vitest";
import { abilities } from "../../../core/index.js";
import { type Action, type Role, refusalOf, refusedByToken } from "../../../core/shared/permissions.js";

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

describe("what a token must grant", () => {
  const needed = (request: object): ReadonlyArray<string> =>
    abilities.filter((ability) => {
      const grants = { rooms: ["*"], can: abilities.filter((other) => other !== ability) };
      const token = O.some({ grants, expiresAt: 2 }) as never;
      return O.isSome(refusedByToken(token, request as never, 1 as never));
    });

  test.each([
    ["CreateRequested", { room: { id: "r" } }, ["create"]],
    ["JoinRequested", { roomId: "r" }, ["join"]],
    ["AdmitRequested", {}, ["admit"]],
    ["DenyRequested", {}, ["admit"]],
    ["LockRequested", {}, ["admit"]],
    ["RemoveRequested", {}, ["remove"]],
    ["UnbanRequested", {}, ["remove"]],
    ["SignalRequested", {}, ["signal"]],
    ["MessageRequested", {}, ["say"]],
    ["PublishRequested", { to: "bob" }, ["signal"]],
    ["PublishRequested", {}, ["say"]],
    ["LeaveRequested", {}, []],
    ["CloseRequested", {}, []],
    ["WithdrawRequested", {}, []],
    ["RoleRequested", {}, []],
  ])("%s %j: %j", (kind, members, expected) => {
    expect(needed({ kind, ...members })).toEqual(expected);
  });
});
