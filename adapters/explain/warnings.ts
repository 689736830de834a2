import { printable } from "../observe/printable.js";
import type { Call } from "./calls.js";
import { labelOf } from "./people.js";
import type { Refusal, Summary } from "./summary.js";
import { timeOfDay } from "./times.js";

const shownMax = 10;

/** What looks wrong in a recording, a line each, with the question to ask further; none where nothing does. */
export const warningsIn = (summary: Summary): ReadonlyArray<string> => [
  ...refusals(summary),
  ...unheard(summary),
  ...crossed(summary),
  ...twice(summary),
  ...unanswered(summary),
  ...shown(
    summary.lost.map(
      ({ event, at, users }) =>
        `the socket of ${users.map((user) => labelOf(summary, user)).join(", ")} ended at #${event} (${timeOfDay(at)}) with 1006: no close, so a lost network, a closed lid, a hung browser`,
    ),
  ),
  ...renamed(summary),
];

const shown = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length > shownMax ? [...lines.slice(0, shownMax), `  and ${lines.length - shownMax} more like this`] : lines;

const grouped = <V>(all: ReadonlyArray<V>, keyOf: (value: V) => string): ReadonlyMap<string, ReadonlyArray<V>> => {
  const groups = new Map<string, V[]>();
  for (const value of all) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
};

const refusals = (summary: Summary): ReadonlyArray<string> =>
  Object.entries(summary.refusals).map(([key, count]) => {
    const first = summary.refused[key] ?? [];
    const who = ({ event, at, client, user }: Refusal): string =>
      `#${event} (${timeOfDay(at)}) ${user === undefined ? `socket ${client}` : labelOf(summary, user)}`;
    const more = count > first.length ? ` and ${count - first.length} more` : "";
    return `${count} × refused: ${printable(key)}: ${first.map(who).join(", ")}${more}`;
  });

const renamed = ({ renamed: people, names }: Summary): ReadonlyArray<string> => {
  const told = people
    .slice(0, shownMax)
    .map((ids) => `${printable(names.get(ids[0] ?? "") ?? "")} (${ids.length} ids)`);
  const more = people.length > shownMax ? ` and ${people.length - shownMax} more` : "";
  return people.length === 0 ? [] : [`came back under another id (--people shows when): ${told.join(", ")}${more}`];
};

/** A line for each two people. */
const unheard = (summary: Summary): ReadonlyArray<string> => {
  const owners = ownersOf(summary);
  const groups = grouped(
    summary.unheard,
    ({ from, to }) => `${from === undefined ? "" : `of ${labelOf(summary, from)} `}for ${labelOf(summary, to)}`,
  );
  return shown(
    [...groups].map(([whom, messages]) => {
      const types = grouped(messages, ({ type }) => type);
      const told = [...types].map(
        ([type, some]) =>
          `${some.length} × ${printable(type)} (${some
            .slice(0, 3)
            .map(({ event }) => `#${event}`)
            .join(", ")}${some.length > 3 ? " …" : ""})`,
      );
      const owner = owners.get(messages[0]?.to ?? "");
      const name = owner === undefined ? "" : ` (that is the name of ${printable(owner)}, and nobody's id)`;
      return `messages ${whom} reached nobody they were meant for${name}: ${told.join(", ")}`;
    }),
  );
};

/** Whose names might be taken for ids: those that are no ids themselves, and that only one has. */
const ownersOf = ({ names }: Summary): ReadonlyMap<string, string | undefined> => {
  const owners = new Map<string, string | undefined>();
  for (const [id, name] of names) if (!names.has(name)) owners.set(name, owners.has(name) ? undefined : id);
  return owners;
};

const crossed = (summary: Summary): ReadonlyArray<string> =>
  shown(
    summary.calls.crossed.map(
      ([a, b]) =>
        `offers of ${labelOf(summary, a.from)} and ${labelOf(summary, b.from)} crossed (#${a.event}, #${b.event} at ${timeOfDay(b.at)}), and both were answered: most likely neither answer fits; ask ${ask(a)}`,
    ),
  );

const twice = (summary: Summary): ReadonlyArray<string> => {
  const groups = grouped(summary.calls.twice, ([{ from, to }]) => `${from}\n${to}`);
  return shown(
    [...groups.values()].flatMap((pairs) => {
      const [[first] = []] = pairs;
      if (first === undefined) return [];
      const told = pairs
        .slice(0, 3)
        .map(([a, b]) => `#${a.event} by socket ${a.client}, #${b.event} by socket ${b.client}`);
      const more = pairs.length > 3 ? ` and ${pairs.length - 3} times more` : "";
      return [
        `${labelOf(summary, first.from)} answered ${labelOf(summary, first.to)} twice, on two sockets: ${told.join("; ")}${more}; ask ${ask({ from: first.to, to: first.from })}`,
      ];
    }),
  );
};

const unanswered = (summary: Summary): ReadonlyArray<string> => {
  const groups = grouped(summary.calls.unanswered, ({ from, to }) => `${from}\n${to}`);
  return shown(
    [...groups.values()].flatMap((calls) => {
      const [first] = calls;
      if (first === undefined) return [];
      const events = calls.slice(0, 5).map(({ event, at }) => `#${event} (${timeOfDay(at)})`);
      const more = calls.length > 5 ? ` and ${calls.length - 5} more` : "";
      return [
        `${calls.length === 1 ? "an offer" : `${calls.length} offers`} of ${labelOf(summary, first.from)} to ${labelOf(summary, first.to)} got no answer: ${events.join(", ")}${more}; ask ${ask(first)}`,
      ];
    }),
  );
};

const ask = ({ from, to }: Pick<Call, "from" | "to">): string => `--why ${quoted(from)} ${quoted(to)}`;

/** Ids are chosen by clients: in a shell they must be words, and nothing else. */
export const quoted = (id: string): string =>
  /^[\w.@:-]+$/.test(id) && !id.startsWith("-") ? id : `'${printable(id).replaceAll("'", "'\\''")}'`;
