import { printable } from "../observe/printable.js";
import { type Person, roomNamed } from "./people.js";
import type { Recording } from "./recording.js";
import { labelOf } from "./sentences/words.js";

/** A word that names nobody, and no room, of the recording. */
export class NameError extends Error {}

/**
 * All whom a word may mean: an id, a name, or both as they are printed; whatever the case and accents, or as one word of a longer name, where
 * only one is meant then. A word that means nobody, or several, is refused with those that it might have meant.
 */
export const peopleNamed = (
  recording: Recording,
  people: ReadonlyArray<Person>,
  word: string,
): ReadonlyArray<Person> => {
  const found = peopleMeant(recording, people, word);
  if (found.length > 0) return found;
  throw unknown(
    word,
    people.map(({ named }) => labelOf(named)),
    "neither as an id nor as a name",
  );
};

/** The ids of the rooms that a word may mean, in the same ways. */
export const roomsNamed = (recording: Recording, word: string): ReadonlyArray<string> => {
  const [, , printed] = /^(.*) \((.+)\)$/.exec(word) ?? [];
  const asked = recording.incidents.flatMap((one) => (one.kind === "refusal" ? (one.where ?? []) : []));
  const rooms = [...recording.rooms, ...asked.map((id) => ({ id, name: id }))];
  const lower = word.toLowerCase();
  const ways: ReadonlyArray<(room: { readonly id: string; readonly name: string }) => boolean> = [
    ({ id }) => id === word || id === printed,
    ({ name }) => name === word,
    ({ id, name }) => [id, name].some((text) => text.toLowerCase() === lower),
  ];
  for (const way of ways) {
    const ids = [...new Set(rooms.filter(way).map(({ id }) => id))];
    if (ids.length > 0) return ids;
  }
  throw unknown(
    word,
    rooms.map(({ id }) => labelOf(roomNamed(recording, id))),
    "as a room",
  );
};

const knownMax = 8;

const unknown = (word: string, known: Iterable<string>, how: string): NameError => {
  const nearest = nearestTo(word, known);
  const others = nearest.length === 0 ? "there are none" : `there are ${firstOf(nearest)}`;
  return new NameError(`${printable(word)} was never seen in this recording, ${how}; ${others}.`);
};

const firstOf = (words: ReadonlyArray<string>): string =>
  `${words.slice(0, knownMax).join(", ")}${words.length > knownMax ? ` and ${words.length - knownMax} more` : ""}`;

const peopleMeant = ({ names }: Recording, people: ReadonlyArray<Person>, word: string): ReadonlyArray<Person> => {
  const [, , printed] = /^(.*) \((.+)\)$/.exec(word) ?? [];
  for (const id of [word, printed]) {
    const found = id === undefined || !names.has(id) ? [] : people.filter(({ ids }) => ids.includes(id));
    if (found.length > 0) return found;
  }
  const isNamed = (ids: ReadonlyArray<string>, isIt: (text: string) => boolean): boolean =>
    ids.some((id) => isIt(names.get(id) ?? id));
  const exact = people.filter(({ ids }) => isNamed(ids, (name) => name === word));
  if (exact.length > 0) return exact;
  const ways: ReadonlyArray<(text: string) => boolean> = [
    (text) => isAlike(text, word),
    (text) => text.split(/\s+/).some((part) => isAlike(part, word)),
  ];
  for (const isIt of ways) {
    const alike = people.filter(({ ids }) => ids.some(isIt) || isNamed(ids, isIt));
    const spellings = new Set(alike.map(({ ids }) => names.get(ids.at(-1) ?? "")));
    if (spellings.size === 1) return alike;
    const labels = alike.map(({ named }) => labelOf(named));
    if (spellings.size > 1) throw new NameError(`${printable(word)} may be any of ${firstOf(labels)}: say which.`);
  }
  return [];
};

const letters = new Intl.Collator("en", { sensitivity: "base" });

/** Whatever the case, and whether or not the keyboard has the accents. */
const isAlike = (a: string, b: string): boolean =>
  letters.compare(a.replaceAll("ı", "i"), b.replaceAll("ı", "i")) === 0;

/** The words that are known, the most similar to the asked one first. */
const nearestTo = (word: string, known: Iterable<string>): ReadonlyArray<string> => {
  const lower = word.toLowerCase();
  const distance = (text: string): number => {
    const name = text.replace(/ \(.*\)$/, "");
    return Math.min(...[text, name].map((one) => editsBetween(one.toLowerCase(), lower)));
  };
  return [...new Set(known)]
    .map((text) => ({ text, edits: distance(text) }))
    .sort((a, b) => a.edits - b.edits || letters.compare(a.text, b.text))
    .map(({ text }) => text);
};

/** Levenshtein's distance, of texts that are not long. */
const editsBetween = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1)
      next.push(
        Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    row = next;
  }
  return row.at(-1) ?? 0;
};
