import { writeFileSync } from "node:fs";
import { digestVersion, type Header } from "../../core/index.js";
import { shrink, symptomOf, untilDivergence } from "../explain/shrink.js";
import { eventsOf, type Journal, openJournal } from "../journal/read.js";
import { journalOf, textOf } from "../journal/write.js";
import { incomparable } from "./figures.js";
import { end, say } from "./terminal.js";

const symptoms = "invariant, refused, refused:CODE, unheard:USER, unheard:A>USER, differs:OTHER or digest";

/** `--shrink`: the smallest recording that still shows the trouble, in a file that is not there yet. */
export const writeShrunk = async (
  paths: ReadonlyArray<string>,
  { what, to }: { readonly what: string; readonly to: string | undefined },
): Promise<void> => {
  const symptom = what === "digest" ? undefined : await symptomOf(what);
  if (what !== "digest" && symptom === undefined)
    return end(2, `--shrink is ${JSON.stringify(what)}: it must be one of ${symptoms}.`);
  if (to === undefined) return end(2, "--shrink needs --to FILE, where the smaller recording is written.");
  const { header } = openJournal(paths);
  if (symptom === undefined) return writeCut(header, () => openJournal(paths), to);
  const events = [...eventsOf(paths)];
  const small = shrink(events, symptom);
  if (small === undefined) return end(1, `no event of this recording shows ${what}`);
  write(to, journalOf(header, small));
  say(`${events.length} events shrank to ${small.length}, which still show ${what}: ${to}`);
};

const writeCut = (header: Header, open: () => Journal, to: string): void => {
  if (header.digestVersion !== digestVersion) return end(1, incomparable);
  const lines = untilDivergence(open);
  if (lines === undefined) return end(1, "no recorded digest differs from the replay");
  write(to, textOf(header, lines));
  const events = lines.filter((line) => "kind" in line).length;
  say(`cut after event #${events}, whose digest is the first that the replay does not come to: ${to}`);
};

const write = (to: string, text: string): void => writeFileSync(to, text, { flag: "wx", mode: 0o600 });
