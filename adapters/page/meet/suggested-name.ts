const kinds = ["Amber", "Brisk", "Calm", "Clever", "Gentle", "Lucky", "Merry", "Quiet", "Silver", "Sunny"];
const animals = ["Badger", "Crane", "Falcon", "Fox", "Hare", "Heron", "Lynx", "Otter", "Robin", "Wren"];

/** A name for who has not given one yet. */
export const suggestedName = (chance: () => number): string => {
  const one = (of: ReadonlyArray<string>): string => of[Math.floor(chance() * of.length)] ?? "";
  return `${one(kinds)} ${one(animals)}`;
};
