import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { type Config, configFrom, type Given, type Notice, placeOf } from "./config.js";
import { readEnvFile } from "./env-file.js";
import { nearestName, nearName } from "./near.js";
import { flagOf, isSettingName, type SettingName, settingNames, settingOf } from "./settings.js";

/** Where settings may stand. */
export interface Sources {
  /** The arguments of the command. */
  readonly args: ReadonlyArray<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder where `.env` may be. */
  readonly folder: string;
}

/** What was asked of the command, and the settings that it would run with. */
export interface Reading {
  readonly isHelp: boolean;
  readonly isProduction: boolean;
  /** Which settings are set, and where. */
  readonly given: ReadonlyMap<SettingName, Given>;
  /** Left: everything that is wrong. */
  readonly config: E.Either<ReadonlyArray<Notice>, Config>;
  /** What does not keep the server from starting. */
  readonly warnings: ReadonlyArray<Notice>;
}

/** What one source says. */
interface Part {
  readonly given: ReadonlyArray<readonly [SettingName, Given]>;
  readonly wrong: ReadonlyArray<Notice>;
  readonly unknown: ReadonlyArray<Unknown>;
}

/** A name that is no setting. */
interface Unknown extends Notice {
  /** It differs from a setting's by a slip: in production that ends the start. */
  readonly isNear: boolean;
}

/**
 * Reads all settings. A flag precedes the environment, the environment a file named with --config, and that one `.env`.
 * An empty value counts as not set.
 */
export const readSettings = ({ args, env, folder }: Sources): Reading => {
  const flags = fromFlags(args);
  // The later of two with the same name counts.
  const parts = [
    fromFile(join(folder, ".env"), ".env"),
    ...flags.files.map((file) => fromFile(file)),
    fromEnvironment(env),
    flags,
  ];
  const given = new Map(parts.flatMap((part) => part.given.filter(([, { text }]) => text !== "")));
  const isProduction = given.get("NODE_ENV")?.text === "production";
  const unknown = parts.flatMap((part) => part.unknown);
  const fatal = unknown.filter(({ isNear }) => isNear && isProduction);
  const config = configFrom(given);
  const wrong = [...parts.flatMap((part) => part.wrong), ...fatal, ...(E.isLeft(config) ? config.left : [])];
  return {
    isHelp: flags.isHelp,
    isProduction,
    given,
    config: wrong.length > 0 ? E.left(wrong) : config,
    warnings: unknown.filter((notice) => !fatal.includes(notice)),
  };
};

/** Ignoring the old name would silently change who receives what. */
const renamed: Readonly<Record<string, string>> = {
  RELAY: "RELAY has been renamed: set DELIVERY=targeted, or DELIVERY=broadcast instead of RELAY=flood.",
};

const fromEnvironment = (env: Sources["env"]): Part => {
  const set = Object.entries(env).filter(([, text = ""]) => text !== "");
  return {
    given: set.flatMap(([name, text = ""]) =>
      isSettingName(name) ? [[name, { text, origin: { kind: "environment" } }]] : [],
    ),
    wrong: set.flatMap(([name]) => renamedNotice(name)),
    unknown: set.flatMap(([name]) => {
      const near = nearName(name, settingNames);
      if (near === undefined) return [];
      return [{ setting: name, text: `${name} in the environment is no setting: did you mean ${near}?`, isNear: true }];
    }),
  };
};

const renamedNotice = (name: string): ReadonlyArray<Notice> =>
  Object.hasOwn(renamed, name) ? [{ setting: name, text: renamed[name] ?? "" }] : [];

/** A file of NAME=value lines. One that need not be there has a short name. */
const fromFile = (path: string, optional?: string): Part => {
  const file = optional ?? path;
  const read = readEnvFile(path);
  if (E.isLeft(read)) {
    if (read.left === undefined && optional !== undefined) return { given: [], wrong: [], unknown: [] };
    return {
      given: [],
      wrong: [{ setting: file, text: `${file} cannot be read: ${read.left ?? "there is no such file"}.` }],
      unknown: [],
    };
  }
  const { entries, badLines } = read.right;
  return {
    given: entries.flatMap(({ name, text, line }) =>
      isSettingName(name) ? [[name, { text, origin: { kind: "file", file, line } }]] : [],
    ),
    wrong: [
      ...badLines.map((line) => ({ setting: file, text: `${file}:${line} is not NAME=value.` })),
      ...entries.filter(({ text }) => text !== "").flatMap(({ name }) => renamedNotice(name)),
    ],
    unknown: entries
      .filter(({ name }) => !isSettingName(name) && !Object.hasOwn(renamed, name))
      .map(({ name, line }) => {
        const near = nearName(name, settingNames);
        const hint = near === undefined ? "." : `: did you mean ${near}?`;
        const place = placeOf({ kind: "file", file, line });
        return { setting: name, text: `${name}${place} is no setting${hint}`, isNear: near !== undefined };
      }),
  };
};

const nameByFlag: ReadonlyMap<string, SettingName> = new Map(settingNames.map((name) => [flagOf(name), name]));
const valued = [...nameByFlag.keys(), "--config"];

/** `--port 3001` or `--port=3001`. A value is never shown where a flag is wrong: it may have been a secret's. */
const fromFlags = (
  args: ReadonlyArray<string>,
): Part & { readonly isHelp: boolean; readonly files: ReadonlyArray<string> } => {
  const given = new Map<string, string>();
  const wrong: Notice[] = [];
  const rest = [...args];
  let isHelp = false;
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [, flag = arg, inline] = /^(--[^=]*)=(.*)$/s.exec(arg) ?? [];
    if (flag === "--help" || flag === "-h") {
      isHelp = true;
      continue;
    }
    const value = inline ?? (flag.startsWith("--") && rest[0]?.startsWith("--") === false ? rest.shift() : undefined);
    const fault = flagFault(flag, value, given.has(flag));
    if (fault !== undefined) wrong.push({ setting: nameByFlag.get(flag) ?? "flags", text: fault });
    else given.set(flag, value ?? "");
  }
  const file = given.get("--config") ?? "";
  return {
    isHelp,
    files: file === "" ? [] : [file],
    given: [...given].flatMap(([flag, text]) => {
      const name = nameByFlag.get(flag);
      return name === undefined ? [] : [[name, { text, origin: { kind: "flag" } }]];
    }),
    wrong,
    unknown: [],
  };
};

const flagFault = (flag: string, value: string | undefined, isTwice: boolean): string | undefined => {
  const name = nameByFlag.get(flag);
  if (!flag.startsWith("--")) return "A value stands where a flag should be, such as --port 3001: see --help.";
  if (!valued.includes(flag)) return `There is no ${flag}: did you mean ${nearestName(flag, [...valued, "--help"])}?`;
  if (name !== undefined && settingOf(name).secret)
    return `${flag} is refused, since lists of processes show flags, and this may be a secret: set ${name}.`;
  if (value === undefined) return `${flag} needs a value: ${flag}=VALUE.`;
  return isTwice ? `${flag} is given twice.` : undefined;
};
