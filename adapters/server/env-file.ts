import { readFileSync, statSync } from "node:fs";
import { parseEnv } from "node:util";
import * as E from "fp-ts/lib/Either.js";

export interface EnvFile {
  /** The last of each name counts. */
  readonly entries: ReadonlyArray<{ readonly name: string; readonly text: string; readonly line: number }>;
  /** The numbers of lines that are neither NAME=value, nor a comment, nor empty. */
  readonly badLines: ReadonlyArray<number>;
}

const bytesMax = 1_048_576;

/** Reads a file of NAME=value lines, as Node's --env-file does. Left: why it cannot be read; undefined: there is none. */
export const readEnvFile = (path: string): E.Either<string | undefined, EnvFile> => {
  try {
    const { size } = statSync(path);
    if (size > bytesMax) return E.left(`it has ${size} bytes, and may have ${bytesMax}`);
    return E.right(envFileOf(readFileSync(path, "utf8")));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return E.left(code === "ENOENT" ? undefined : message);
  }
};

/** One statement: an assignment whose value may be quoted, and then go over several lines; a comment; nothing. */
const statement =
  /[ \t]*(?:(?:export[ \t]+)?(?<name>[\w.-]+)[ \t]*=[ \t]*(?:"[^"]*"|'[^']*'|`[^`]*`|)[^\n]*|#[^\n]*|)(?:\n|$)/y;

/** Node's parser has the values. It tells no line numbers, and takes a line that it cannot read for part of a name. */
export const envFileOf = (source: string): EnvFile => {
  const text = source.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  const entries = new Map<string, EnvFile["entries"][number]>();
  const badLines: number[] = [];
  let at = 0;
  let line = 1;
  while (at < text.length) {
    statement.lastIndex = at;
    const match = statement.exec(text);
    const end = match === null ? text.indexOf("\n", at) + 1 || text.length : statement.lastIndex;
    const whole = text.slice(at, end);
    const name = match?.groups?.name;
    if (match === null) badLines.push(line);
    if (name !== undefined) entries.set(name, { name, text: parseEnv(whole)[name] ?? "", line });
    line += whole.split("\n").length - 1;
    at = end;
  }
  return { entries: [...entries.values()], badLines };
};
