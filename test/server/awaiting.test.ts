import * as O from "fp-ts/lib/Option.js";
import { expect, test } from "vitest";
import { awaiting } from "../../adapters/server/awaiting.js";
import {
  type ClientId,
  type Effect,
  type Entry,
  type Event,
  initial,
  type Millis,
  type NodeId,
} from "../../core/index.js";

const [at, node] = [0 as Millis, "node-1" as NodeId];
const [a, b] = [1, 2] as ReadonlyArray<number> as readonly [ClientId, ClientId];
const entry: Entry = { kind: "Expire", at };
const append: Effect = { kind: "Append", entry };
const did = (client: ClientId): Event => ({ kind: "PingReceived", at, client });
const back = (from: NodeId = node): Event => ({ kind: "Appended", at, seq: 1, node: from, entry });
const stateWith = (isAvailable: boolean) => ({
  ...initial,
  local: {
    ...initial.local,
    ordering: { node: O.some(node), isAvailable, isExpiring: false, level: 1, cluster: O.none },
  },
});
const [well, failing] = [stateWith(true), stateWith(false)];

const tracked = () => {
  const held = new Set<ClientId>();
  const log = awaiting((client, isHeld) => void (isHeld ? held.add(client) : held.delete(client)));
  return { held, log };
};

test("who waits for entries waits for all of them, in the order of the log, and nobody else waits", () => {
  const { held, log } = tracked();
  log.note(did(a), [append, append], well);
  log.note(did(b), [append], well);
  const more = [did(a), did(a)];
  expect(more.map(log.keep)).toEqual([true, true]);
  expect(log.keep({ kind: "ClockTicked", at })).toBe(false);
  expect([log.size(), [...held]]).toEqual([5, [a, b]]);
  expect(log.note(back("node-2" as NodeId), [], well)).toEqual([]);
  expect(log.note(back(), [], well)).toEqual([]);
  expect(log.note(back(), [], well)).toEqual(more);
  expect([log.size(), [...held], log.keep(did(a))]).toEqual([1, [b], false]);
  expect(log.note(back(), [], well)).toEqual([]);
  expect([log.size(), [...held]]).toEqual([0, []]);
});

test("nobody waits for a log that fails; an entry of before does not release who waits for a later one", () => {
  const { held, log } = tracked();
  log.note(did(a), [append], well);
  const kept = did(a);
  log.keep(kept);
  expect(log.note({ kind: "LogFailed", at }, [], failing)).toEqual([kept]);
  log.note(did(b), [append], failing);
  expect([...held]).toEqual([]);
  log.note({ kind: "LogRecovered", at }, [], well);
  log.note(did(a), [append], well);
  const later = did(a);
  expect(log.keep(later)).toBe(true);
  // Of the two before.
  expect([log.note(back(), [], well), log.note(back(), [], well)]).toEqual([[], []]);
  expect([...held]).toEqual([a]);
  expect(log.note(back(), [], well)).toEqual([later]);
});
