import { type Person, roomNamed } from "./people.js";
import type { Recording } from "./recording.js";
import { nameProblem } from "./sentences/names.js";
import { labelOf } from "./sentences/words.js";
import type { Named, NameProblem } from "./who.js";

/** Thrown where a word on the command line cannot be understood. */
export class NameError extends Error {
  constructor(readonly problem: NameProblem) {
    super(nameProblem(problem));
  }
}

/**
 * The people that a word means: by id, by name, or both as they are printed. If there is none, case and accents are ignored, and then one word of
 * a longer name is enough, as long as all who match have the same name.
 *
 * @throws NameError where it means nobody, or people of different names
 */
export const peopleNamed = (
  recording: Recording,
  people: ReadonlyArray<Person>,
  word: string,
): ReadonlyArray<Person> => {
  const found = peopleMeant(recording, people, word);
  if (found.length > 0) return found;
  const known = nearestTo(
    word,
    people.map(({ named }) => named),
  );
  throw new NameError({ code: "unknown-user", word, known });
};

/**
 * The ids of the rooms that a word may mean, by id, by name, or both as they are printed.
 *
 * @throws NameError where it means none
 */
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
  const known = nearestTo(
    word,
    rooms.map(({ id }) => roomNamed(recording, id)),
  );
  throw new NameError({ code: "unknown-room", word, known });
};

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
    const known = alike.map(({ named }) => named);
    if (spellings.size > 1) throw new NameError({ code: "ambiguous-name", word, known });
  }
  return [];
};

const letters = new Intl.Collator("en", { sensitivity: "base" });

/** Ignores case and accents. */
const isAlike = (a: string, b: string): boolean =>
  letters.compare(a.replaceAll("ı", "i"), b.replaceAll("ı", "i")) === 0;

/** Without duplicates, the one most similar to the word first. */
const nearestTo = (word: string, known: ReadonlyArray<Named>): ReadonlyArray<Named> => {
  const lower = word.toLowerCase();
  const distance = (named: Named): number =>
    Math.min(...[labelOf(named), named.name].map((text) => editsBetween(text.toLowerCase(), lower)));
  return [...new Map(known.map((named) => [named.id, named])).values()]
    .map((named) => ({ named, edits: distance(named) }))
    .sort((a, b) => a.edits - b.edits || letters.compare(labelOf(a.named), labelOf(b.named)))
    .map(({ named }) => named);
};

/** The Levenshtein distance of two short texts. */
export const editsBetween = (a: string, b: string): number => {
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
