import type * as t from "io-ts";

/** Whether valid JSON nests deeper than `max`: a scan that never recurses. */
export const isDeeper = (json: string, max: number): boolean => {
  let depth = 0;
  for (let i = 0; i < json.length; i++) {
    const char = json[i];
    // Most of a signal is one long string: it is skipped, and not read character by character.
    if (char === '"') i = endOfString(json, i);
    else if (char === "{" || char === "[") {
      depth++;
      if (depth > max) return true;
    } else if (char === "}" || char === "]") depth--;
  }
  return false;
};

/** Where the string ends that begins at `start`: at the next quote that is not escaped. */
const endOfString = (json: string, start: number): number => {
  let end = json.indexOf('"', start + 1);
  while (isEscaped(json, end)) end = json.indexOf('"', end + 1);
  return end;
};

/** An odd number of backslashes stands before it. */
const isEscaped = (json: string, at: number): boolean => {
  let first = at;
  while (json[first - 1] === "\\") first--;
  return (at - first) % 2 === 1;
};

/** The first member that is wrong: where it is below `parent`, and what it must be. io-ts's own report is never shown. */
export const wrongMember = (
  parent: ReadonlyArray<string>,
  errors: t.Errors,
): { readonly path: string; readonly message: string } => {
  const context = errors.slice(0, 1).flatMap((first) => first.context);
  // An intersection counts its parts as "0" and "1"; no member that is read here has such a name.
  const members = context.filter(({ key }) => !/^\d*$/.test(key));
  const path = [...parent, ...members.map(({ key }) => key)].join(".");
  const wrong = context.at(-1);
  const expected = members.length === 0 ? "a JSON object" : wrong?.type.name;
  const verb = wrong?.actual === undefined ? "is missing: it must be" : "must be";
  return { path, message: `${path} ${verb} ${expected}` };
};
