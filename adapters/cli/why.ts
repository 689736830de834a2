import * as Ladder from "../explain/ladder.js";
import type { DescribedFinding } from "../explain/sentences/sentence.js";
import { quoted } from "../explain/sentences/words.js";
import { why, whyEach } from "../explain/why.js";
import { drawLadder } from "./ladder.js";
import { type Source, sourceOf } from "./source.js";
import { end, say } from "./terminal.js";

type Token = {
  readonly kind: string;
  readonly index: number;
  readonly name?: string;
  readonly value?: string | undefined;
};

interface Why {
  readonly a: string;
  readonly b: string | undefined;
  readonly files: ReadonlyArray<string>;
}

/** `--why A B` may stand before the files or after them: the option takes A, and B is the word that follows, unless it is the only file. */
export const whyWords = (a: string, tokens: ReadonlyArray<Token>): Why => {
  const at = tokens.find(({ kind, name }) => kind === "option" && name === "why")?.index ?? 0;
  const words = tokens.filter(({ kind }) => kind === "positional");
  const next = words.length > 1 ? words.find(({ index }) => index > at) : undefined;
  return { a, b: next?.value, files: words.filter((word) => word !== next).flatMap(({ value }) => value ?? []) };
};

interface WhyOptions {
  readonly json: boolean;
  readonly ladder: boolean;
  readonly all: boolean;
  readonly room?: string | undefined;
}

/** `--why`: why one user did not reach another, or how one fared with everybody. */
export const showWhy = ({ a, b, files }: Why, { json, ladder, all, room }: WhyOptions): void => {
  if (ladder && (json || b === undefined))
    return end(2, "--why with --ladder needs two people, and no --json: see --help.");
  const source = sourceOf(files);
  const asked = { moments: source.moments(), timings: source.timings };
  const findings = b === undefined ? whyEach(asked, a, room) : why(asked, [a, b], room);
  if (json) return say(JSON.stringify({ findings }));
  for (const { sentence } of findings) say(sentence);
  if (b !== undefined && !ladder) say(seeAlso(findings, [a, b], { ...source, room }));
  if (ladder && b !== undefined) drawLadder(Ladder.ladder(source.moments(), { users: [a, b], isAll: all, room }));
};

const effectsMax = 50;

/** Where the reader can see for themselves. */
const seeAlso = (
  findings: ReadonlyArray<DescribedFinding>,
  people: ReadonlyArray<string>,
  { runs, room }: Pick<Source, "runs"> & { readonly room: string | undefined },
): string => {
  const conclusion = findings.find(({ code }) => code !== "pair" && code !== "room");
  const events = [...(conclusion?.events ?? [])].sort((x, y) => x - y);
  const [first = 0, last = Number.POSITIVE_INFINITY] = [events[0], events.at(-1)];
  const effects = runs.length === 1 && last - first < effectsMax ? `, --effects ${first}-${last}` : "";
  return `See for yourself: --ladder ${people.map((word) => `--user ${quoted(word)}`).join(" ")}${room === undefined ? "" : ` --room ${quoted(room)}`}${effects}`;
};
