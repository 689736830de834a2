import type * as t from "io-ts";

/** Whether valid JSON nests deeper than `max`: a scan that never recurses. */
export const isDeeper = (json: string, max: number): boolean => {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const char = json[i];
    if (char === '"') inString = !inString;
    else if (char === "\\") i++;
    else if (inString) continue;
    else if (char === "{" || char === "[") {
      depth++;
      if (depth > max) return true;
    } else if (char === "}" || char === "]") depth--;
  }
  return false;
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
