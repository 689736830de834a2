import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { envFileOf } from "../../adapters/server/env-file.js";
import { distance, nearName } from "../../adapters/server/near.js";
import { flagOf, settingNames, settingOf } from "../../adapters/server/settings.js";
import { type Reading, readSettings } from "../../adapters/server/sources.js";

/** Reads settings in a folder with these files. */
const reading = (
  args: string,
  env: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {},
): Reading => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-settings-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return readSettings({ args: args.replaceAll("@", folder).split(" ").filter(Boolean), env, folder });
};

/** What is wrong, with the folder left out. */
const wrongIn = ({ config }: Reading): ReadonlyArray<string> =>
  E.isLeft(config) ? config.left.map(({ text }) => text.replace(/\/\S*signalbox-settings-\w+\//g, "")) : [];
const warningsIn = ({ warnings }: Reading): ReadonlyArray<string> => warnings.map(({ text }) => text);
const portIn = ({ config }: Reading): number | undefined => (E.isRight(config) ? config.right.port : undefined);

describe("the first place that has a setting counts", () => {
  const files = { ".env": "PORT=4\n", "some.env": "PORT=3\n" };
  test.each([
    ["--port 1 --config @/some.env", { PORT: "2" }, 1],
    ["--port=1 --config=@/some.env", { PORT: "2" }, 1],
    ["--config @/some.env", { PORT: "2" }, 2],
    ["--config @/some.env", { PORT: "" }, 3],
    ["--port= --config @/some.env", {}, 3],
    ["", { PORT: "" }, 4],
  ])("%s %j", (args, env, port) => {
    expect(portIn(reading(args, env, files))).toBe(port);
  });

  test("without any, the default", () => {
    expect(portIn(reading(""))).toBe(3_000);
  });
});

test("law: each setting that is no secret is a flag, and sets what the variable sets", () => {
  for (const name of settingNames) {
    const read = reading(`${flagOf(name)}=1025`);
    if (settingOf(name).secret)
      expect(wrongIn(read)).toEqual([
        `${flagOf(name)} is refused, since lists of processes show flags, and this may be a secret: set ${name}.`,
      ]);
    else expect(read.given).toEqual(new Map([[name, { text: "1025", origin: { kind: "flag" } }]]));
  }
});

test("all that is wrong is told at once, with the place of each", () => {
  const read = reading(
    "--prot 3 --room-waiting-max --session-secret hunter2 stray --knock-ms 5 --config @/some.env --rooms-max=1 --rooms-max=2",
    { LOG_LEVEL: "loud", RELAY: "flood" },
    { ".env": "\n# a comment\nDELIVERY=all\n", "some.env": "nonsense\nexport CLIENTS_MAX='0' # none\n" },
  );
  expect(wrongIn(read)).toEqual([
    "some.env:1 is not NAME=value.",
    "RELAY has been renamed: set DELIVERY=targeted, or DELIVERY=broadcast instead of RELAY=flood.",
    "There is no --prot: did you mean --port?",
    "--room-waiting-max needs a value: --room-waiting-max=VALUE.",
    "--session-secret is refused, since lists of processes show flags, and this may be a secret: set SESSION_SECRET.",
    "A value stands where a flag should be, such as --port 3001: see --help.",
    "--rooms-max is given twice.",
    'LOG_LEVEL is "loud" in the environment: it must be one of silent, fatal, error, warn, info, debug, trace.',
    'CLIENTS_MAX is "0" in some.env:2: it must be a whole number from 1 to 1000000.',
    'DELIVERY is "all" in .env:3: it must be one of targeted, broadcast.',
    '--knock-ms is "5": it must be a whole number from 1000 to 86400000.',
  ]);
});

test("a file that is named and not there, or too large, is told; .env need not be there", () => {
  expect(wrongIn(reading("--config @/none.env"))).toEqual(["none.env cannot be read: there is no such file."]);
  expect(wrongIn(reading("--config @"))).toEqual([expect.stringMatching(/cannot be read: EISDIR/)]);
  expect(wrongIn(reading("", {}, { ".env": "#".repeat(1_048_577) }))).toEqual([
    ".env cannot be read: it has 1048577 bytes, and may have 1048576.",
  ]);
});

describe("names that are no settings", () => {
  const slips = ["ALLOWED_ORIGIN", "ALLOWEDORIGINS", "ALLOWED-ORIGINS", "allowed_origins", "ALLOWED_ORIGNIS"];

  test.each(slips)("%s ends the start in production, and is pointed out otherwise", (slip) => {
    const sentence = `${slip} in the environment is no setting: did you mean ALLOWED_ORIGINS?`;
    expect(warningsIn(reading("", { [slip]: "x" }))).toEqual([sentence]);
    const production = reading("", { [slip]: "x", NODE_ENV: "production" });
    expect(wrongIn(production)).toEqual([sentence]);
    expect(warningsIn(production)).toEqual([]);
  });

  test("in a file, all are pointed out, and the near ones end the start in production", () => {
    const files = { ".env": "FOO=1\nPROT=3\n" };
    const [far, near] = ["FOO in .env:1 is no setting.", "PROT in .env:2 is no setting: did you mean PORT?"];
    expect(warningsIn(reading("", {}, files))).toEqual([far, near]);
    const production = reading("", { NODE_ENV: "production" }, files);
    expect(warningsIn(production)).toEqual([far]);
    expect(wrongIn(production)).toEqual([near]);
  });

  test("what others set in an environment is not taken for a slip", () => {
    const usual = ["PATH", "HOME", "HOSTNAME", "TERM", "USER", "SHELL", "PWD", "LANG", "EDITOR", "npm_lifecycle_event"];
    for (const name of [...usual, "NODE_OPTIONS", "CI", "TZ", "LOGNAME", "NODE_VERSION", "KUBERNETES_PORT", "DEBUG"])
      expect(nearName(name, settingNames), name).toBeUndefined();
  });

  test("law: a setting's name is near to none, and any one edit of it is near to some", () => {
    const letter = fc.constantFrom(..."ABCXYZ_");
    const edit = fc.record({ name: fc.constantFrom(...settingNames), at: fc.nat(30), letter, how: fc.nat(3) });
    fc.assert(
      fc.property(edit, ({ name, at, letter, how }) => {
        expect(nearName(name, settingNames)).toBeUndefined();
        const i = at % (name.length - 1);
        const [before, one, two, after] = [name.slice(0, i), name[i] ?? "", name[i + 1] ?? "", name.slice(i + 2)];
        const edited =
          [
            `${before}${letter}${one}${two}${after}`,
            `${before}${two}${after}`,
            `${before}${letter}${two}${after}`,
            `${before}${two}${one}${after}`,
          ][how] ?? "";
        if (settingNames.some((known) => known === edited)) return;
        expect(distance(edited, name)).toBe(1);
        expect(nearName(edited, settingNames)).toBeDefined();
      }),
    );
  });
});

describe("a file of settings", () => {
  test("is read as Node reads it, with the lines where the names stand", () => {
    const text = "\uFEFFA=1\r\n  export B = \"two\nlines\" # and a comment\nC='#3'\n# D=4\n\nE=\nnonsense\nA=5";
    expect(envFileOf(text)).toEqual({
      entries: [
        { name: "A", text: "5", line: 9 },
        { name: "B", text: "two\nlines", line: 2 },
        { name: "C", text: "#3", line: 4 },
        { name: "E", text: "", line: 7 },
      ],
      badLines: [8],
    });
  });

  test("law: without quotes, each line is taken, told, or of no matter", () => {
    const piece = fc.constantFrom("A=1", "B", "=", "#", " ", "export ", "x y", "é", "C = 2 # two");
    const anyLine = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 8 }), (lines) => {
        const { entries, badLines } = envFileOf(lines.join("\n"));
        const nameOf = (line: string): string | undefined => /^ *(?:export +)?([\w.-]+) *=/.exec(line)?.[1];
        const isNothing = (line: string): boolean => /^ *(?:#.*)?$/.test(line);
        const numbers = lines.map((_, i) => i + 1);
        const at = (number: number): string => lines[number - 1] ?? "";
        expect(badLines).toEqual(
          numbers.filter((number) => nameOf(at(number)) === undefined && !isNothing(at(number))),
        );
        for (const { line, name } of entries) expect(at(line)).toMatch(new RegExp(`^ *(?:export +)?${name} *=`));
        const names = numbers.flatMap((number) => nameOf(at(number)) ?? []);
        expect(entries.map(({ name }) => name).sort()).toEqual([...new Set(names)].sort());
      }),
      // Both lines set `export`.
      { examples: [[["export =", "export export ="]]] },
    );
  });
});
