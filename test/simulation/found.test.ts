import { expect, test } from "vitest";
import * as Table from "../../core/base/table.js";
import { type ClientId, defaultSettings, type Event, type Millis, type RoomId } from "../../core/index.js";
import { greeted, people } from "../support/v1-world.js";
import { last, play } from "../support/world.js";

/* What the simulator has found, by the seed that found it. */

const at = 0 as Millis;
const ann = 1 as ClientId;
const { user, name } = people[0];

const joins = (id: number, room: string): Event => {
  const policy = { listed: true, lobby: false, capacity: 2, withoutHost: "promote" } as const;
  const create = { room: { id: room as RoomId, name: room, hostId: user, host: name }, policy };
  return {
    kind: "JoinRequested",
    at,
    client: ann,
    id,
    roomId: room as RoomId,
    userId: user,
    userName: name,
    create,
    text: "",
  };
};

test("seed 53: whoever is in too many rooms to join the one that it creates leaves no room behind", () => {
  const settings = { ...defaultSettings, limits: { ...defaultSettings.limits, clientSeatsMax: 1 } };
  const started: Event = { kind: "ServerStarted", at, settings };
  const moments = play([started, greeted(ann, "s1", people[0]), joins(2, "a"), joins(3, "b")]);
  expect(Table.keys(last(moments).shared.rooms)).toEqual(["a"]);
  const [told] = moments.at(-1)?.effects ?? [];
  expect(told).toMatchObject({ message: { about: { kind: "Refused", refusal: { code: "too-many-rooms" } } } });
});
