import * as O from "fp-ts/lib/Option.js";
import type { Multimap } from "../base/multimap.js";
import * as Table from "../base/table.js";
import type { Effect, ToForward } from "../effect.js";
import type { Entry } from "../entry.js";
import type { PersonalMessage } from "../message.js";
import type { Local, Mailbox, Shared, State } from "../state.js";
import { partsOf, type WrittenShared, wholeOf } from "../written.js";

/** The shared half as plain JSON, with tables as lists in the order of their keys. */
export const sharedSnapshot = (half: Shared): WrittenShared => wholeOf([...partsOf(half)]);

/** How each member of a half is written. A member without a writer does not compile. */
type Writers<Half> = { readonly [Member in keyof Half]: (value: Half[Member]) => unknown };

const asItIs = <A>(value: A): A => value;

const multimap = <K extends string | number, V extends string | number>(index: Multimap<K, V>): unknown =>
  Table.entries(index).map(([key, values]) => [key, Table.keys(values)]);

/** Without the texts that clients wrote, so that a digest does not depend on how much of a text is recorded. */
const mailboxWritten = (mailbox: Mailbox): unknown => ({
  ...mailbox,
  kept: mailbox.kept.map((kept) => ({ ...kept, message: withoutText(kept.message) })),
});

const withoutText = (message: PersonalMessage): unknown => {
  if (!("text" in message)) return message;
  const { text: _, chars: __, ...about } = message;
  return about;
};

const local: Writers<Local> = {
  clients: Table.values,
  subscribers: multimap,
  observers: multimap,
  claimants: multimap,
  mailboxes: (mailboxes) => Table.values(mailboxes).map(mailboxWritten),
  attendees: multimap,
  signalChannels: Table.keys,
  negotiations: (negotiations) => Table.entries(negotiations).map(([seat, others]) => [seat, Table.entries(others)]),
  directory: ({ watchers, untold, freeAt }) => ({ watchers: Table.keys(watchers), untold: Table.keys(untold), freeAt }),
  expiring: multimap,
  repeatListAt: asItIs,
  announced: asItIs,
  ordering: ({ cluster, ...ordering }) => ({
    ...ordering,
    ...(O.isSome(cluster)
      ? {
          cluster: {
            ...cluster.value,
            marks: Table.entries(cluster.value.marks),
            differing: Table.keys(cluster.value.differing),
            asked: Table.entries(cluster.value.asked),
          },
        }
      : {}),
  }),
};

const state: Writers<State> = {
  now: asItIs,
  shared: sharedSnapshot,
  local: (half) => written(half, local),
};

const written = <Half>(half: Half, writers: Writers<Half>): unknown => {
  const members: Partial<Record<keyof Half, unknown>> = {};
  for (const name in writers) members[name] = writers[name](half[name]);
  return members;
};

/**
 * The state as plain JSON, with tables as lists in the order of their keys: the same for the same history, whatever way the tables
 * have been built.
 */
export const snapshot = (whole: State): unknown => written(whole, state);

const entryWithoutText = (entry: Entry): unknown => {
  if (entry.kind !== "Request" || !("text" in entry.request)) return entry;
  // The size of a text stands beside it only where less of it was kept.
  const { text: _, bytes: __, ...request }: typeof entry.request & { readonly bytes?: number } = entry.request;
  return { ...entry, request };
};

/** The sizes of a text stand beside it only where less of it was kept. */
type Frame = ToForward["request"] & { readonly bytes?: number; readonly chars?: number };

/** Effects without the texts that clients wrote, so that a digest of them does not depend on how much of a text is recorded. */
export const withoutTexts = (effects: ReadonlyArray<Effect>): ReadonlyArray<unknown> =>
  effects.map((effect) => {
    if (effect.kind === "Append") return { ...effect, entry: entryWithoutText(effect.entry) };
    if (effect.kind === "Forward") {
      const { text: _, bytes: __, chars: ___, ...request }: Frame = effect.message.request;
      return { ...effect, message: { ...effect.message, request } };
    }
    if (effect.kind !== "Send") return effect;
    if (effect.message.kind === "Personal") {
      const { about } = effect.message;
      return "text" in about ? { ...effect, message: { ...effect.message, about: withoutText(about) } } : effect;
    }
    if ("text" in effect.message) {
      const { text: _, ...message } = effect.message;
      return { ...effect, message };
    }
    if (effect.message.kind === "Echo") return { ...effect, message: { kind: "Echo", at: effect.message.at } };
    return effect;
  });
