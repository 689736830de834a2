import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, test } from "vitest";
import { configOf } from "../adapters/server/config.js";
import { isSettingName } from "../adapters/server/settings.js";
import manifest from "../package.json" with { type: "json" };
import { codeIn, fencesOf, proseOf } from "./support/markdown.js";
import { peerOf, type Received, serverWith } from "./support/net.js";
import { eachPage, page, read, root, there } from "./support/pages.js";

describe("what the pages say to run runs", () => {
  const lines = eachPage((text) => fencesOf(text, "sh").flatMap(({ code }) => code.trim().split("\n")));
  const inline = eachPage((text) =>
    codeIn(proseOf(text)).filter((code) => /^(?:\w+=\S+ )*(?:npm|node|npx) /.test(code)),
  );

  /** What keeps a command from running: an unknown script, file or setting. */
  const wrongIn = (command: string): string | undefined => {
    const [, given = "", rest = ""] = /^((?:[A-Z_]+=\S+ )*)(.*)$/.exec(command.trim()) ?? [];
    const env = Object.fromEntries(
      given.trim() === ""
        ? []
        : given
            .trim()
            .split(" ")
            .map((pair) => pair.split("=")),
    );
    const config = configOf(env);
    if (E.isLeft(config)) return config.left[0]?.text;
    const unknown = Object.keys(env).find((name) => !isSettingName(name));
    if (unknown !== undefined) return `${unknown} is no setting`;
    const [, packed] = /^npm install .*?([\w.-]+)\.tgz$/.exec(rest) ?? [];
    if (packed !== undefined && packed !== `signalbox-${manifest.version}`) return `npm pack makes no ${packed}`;
    const [, script] = /^npm (?:run )?(?:--silent )?([\w:]+)/.exec(rest) ?? [];
    const [, file] = /^(?:node(?: --[\w-]+)*|npx vitest run) ([\w./-]+)$/.exec(rest) ?? [];
    if (file !== undefined) return there(file) || file === "loop.mjs" ? undefined : `there is no ${file}`;
    if (script !== undefined)
      return script in { ...manifest.scripts, ci: "", pack: "", prune: "", install: "" } ? undefined : `no ${script}`;
    const [, subcommand] = /^npx signalbox(?: (\w+))?(?: |$)/.exec(rest) ?? [undefined, "none"];
    if (subcommand === undefined || ["check", "replay", "token"].includes(subcommand)) return undefined;
    return /^(?:docker (?:build|run)|mkdir -p) /.test(rest) ? undefined : `nobody knows ${rest}`;
  };

  test.each([...lines, ...inline])("%s", (line) => {
    for (const command of line.replace(/\s+#.*$/, "").split(" && ")) expect(wrongIn(command)).toBeUndefined();
  });

  const transcripts = eachPage((text) =>
    fencesOf(text, "console").flatMap(({ code }) =>
      code
        .split(/^\$ /m)
        .slice(1)
        .map((part): [string, string] => [part.slice(0, part.indexOf("\n")), part.slice(part.indexOf("\n") + 1)]),
    ),
  );

  test.each(transcripts)("%s", (command, shown) => {
    const [, words = ""] = /^npm run replay -- (.*)$/.exec(command) ?? [];
    const printed = execFileSync("node", ["dist/main.js", "replay", ...words.split(" ")], {
      cwd: root,
      encoding: "utf8",
    });
    const pattern = shown.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/^…\n/gm, "[^]*");
    expect(printed).toMatch(new RegExp(`^${pattern}$`));
    expect(printed.length).toBeGreaterThan(0);
  });

  test("the README's loop, with plain node from what was built", () => {
    const [{ code } = { code: "" }] = fencesOf(page("README.md"), "js");
    expect(code.trimEnd().split("\n").length).toBeLessThanOrEqual(30);
    const printed = execFileSync("node", ["--input-type=module"], { cwd: root, input: code, encoding: "utf8" });
    expect(printed.trim().split("\n")).toEqual([
      expect.stringContaining('1 ← {"type":"client_count","count":1,'),
      expect.stringContaining('"name":"Team","description":"","createdAt":'),
      expect.stringContaining('"participantCount":1,"participants":[{"id":"ann","name":"Ann"}]}]'),
      "0 rooms are left",
    ]);
  });

  test("FORENSICS' property of a recorded session", async () => {
    const [{ code } = { code: "" }] = fencesOf(page("docs/FORENSICS.md"), "ts");
    const journal = `${root}test/golden/journals/answers-to-an-old-id.ndjson`;
    const given = 'import fc from "fast-check";\nimport { expect } from "vitest";\n';
    const adapted = code.replaceAll('"./', '"../').replace("incident.ndjson", journal);
    mkdirSync(`${root}dist`, { recursive: true });
    writeFileSync(`${root}dist/docs-property.ts`, `${given}${adapted}\nexport { events };\n`);
    const { events } = await import(`${root}dist/docs-property.ts`);
    expect(events).toHaveLength(23);
  });

  const conversations = eachPage((text, path) =>
    fencesOf(text, "text").map(({ code }): [string, string] => [path, code.replace(/\n {2,}/g, "")]),
  );

  test.each(conversations)("the server answers as %s shows", async (_path, text) => {
    const server = await serverWith({ ROOM_EVENTS: "relay" });
    const steps = text
      .trim()
      .split("\n")
      .map((line) => /^(\w*) ?([→←]) (.*)$/.exec(line)?.slice(1) ?? []);
    const names = [...new Set(steps.map(([name = ""]) => name))];
    const peers = new Map<string, Awaited<ReturnType<typeof peerOf>>>();
    for (const name of names) peers.set(name, await peerOf(server));
    for (const [name = "", arrow, message = ""] of steps) {
      if (arrow === "→") peers.get(name)?.say(message);
      await peers.get(name)?.heard();
    }
    const timeless = (message: string): Received => ({
      ...JSON.parse(message.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "")),
    });
    const shown = (name: string) =>
      steps.filter(([who, arrow]) => who === name && arrow === "←").map(([, , m = ""]) => timeless(m));
    const types = new Set(names.flatMap(shown).map(({ type }) => type));
    for (const [name, { heard, texts }] of peers) {
      await heard();
      expect(
        texts.map(timeless).filter(({ type }) => types.has(type)),
        name,
      ).toEqual(shown(name));
    }
    expect(types.size).toBeGreaterThan(2);
  });
});

test("package-lock.json says what package.json says, so that npm does not rewrite it", () => {
  const { packages } = JSON.parse(read("package-lock.json"));
  const { name, version, license, engines, bin, devDependencies } = manifest;
  expect(packages[""]).toMatchObject({ name, version, license, engines, bin, devDependencies });
});
