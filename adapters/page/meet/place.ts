/** The addresses of this page: `/` is the directory, `/r/ROOM` is the link of a room. */

const prefix = "/r/";

/** The id of the room that an address is the link of. */
export const roomAt = (path: string): string | undefined => {
  if (!path.startsWith(prefix)) return undefined;
  try {
    const room = decodeURIComponent(path.slice(prefix.length));
    return room === "" ? undefined : room;
  } catch {
    return undefined;
  }
};

export const pathOf = (room: string): string => `${prefix}${encodeURIComponent(room)}`;

export const inviteTo = (room: string): string => `${location.origin}${pathOf(room)}`;

const idCharsMax = 60;

/** A room's id, made from its name so that its link can be read. Undefined where the name has nothing that can be in a link. */
export const idFrom = (name: string): string | undefined => {
  const words =
    name
      .normalize("NFKC")
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  const id = [...words.join("-")].slice(0, idCharsMax).join("");
  return id === "" ? undefined : id;
};
