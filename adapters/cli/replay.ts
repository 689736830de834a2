import { parseArgs } from "node:util";
import { otherCore } from "../explain/difference.js";
import { NameError } from "../explain/names.js";
import { NodesError } from "../explain/nodes/stream.js";
import { readRecording } from "../explain/read-recording.js";
import { roster } from "../explain/roster.js";
import { type Events, eventsOf, JournalError, openJournal, runsOf } from "../journal/read.js";
import { showAt } from "./at.js";
import { showDifferences } from "./diff.js";
import { showEffects } from "./effects.js";
import { showFigures } from "./figures.js";
import { showLadder } from "./ladder.js";
import { answerOfLog, isLog } from "./log.js";
import { answerOfNodes } from "./nodes.js";
import { misused, type Option, options, refuseIdle, usage } from "./options.js";
import { writeShrunk } from "./shrink.js";
import { sourceOf } from "./source.js";
import { bar, end, say, warnOfTorn } from "./terminal.js";
import { showWhy, whyWords } from "./why.js";

const answer = async (args: ReadonlyArray<string>): Promise<void> => {
  const { values, positionals, tokens } = parseArgs({ args: [...args], options, allowPositionals: true, tokens: true });
  if (values.help) return say(usage);
  if (positionals.length === 0) return end(2, usage);
  refuseIdle(tokens.flatMap((token) => (token.kind === "option" ? [token.name as Option] : [])));
  if (positionals.some(isLog)) return ofOneLog(positionals, values);
  if (values.since !== undefined || values["cluster-name"] !== undefined)
    return end(2, "--since and --cluster-name go with the log of a cluster (nats://…), not with files: see --help.");
  if (values.why !== undefined) return showWhy(whyWords(values.why, tokens), values);
  if (values.ladder || values.mermaid || values.html) return showLadder(sourceOf(positionals).moments(), values);
  if (values.people) return say(roster(readRecording(sourceOf(positionals).moments())));
  if (runsOf(positionals).length > 1) return answerOfNodes(sourceOf(positionals), values);
  const events = (): Events => eventsOf(positionals, bar.show, warnOfTorn());
  if (values.at !== undefined) return showAt(events(), values.at, values.json);
  if (values.effects !== undefined) return showEffects(events(), values.effects);
  if (values.diff !== undefined) return showDifferences(events(), await otherCore(values.diff));
  if (values.shrink !== undefined) return writeShrunk(positionals, { what: values.shrink, to: values.to });
  return showFigures(openJournal(positionals), values);
};

const ofOneLog = async (
  [log = "", ...more]: ReadonlyArray<string>,
  values: Parameters<typeof answerOfLog>[1],
): Promise<void> => {
  if (more.length > 0 && values.why === undefined)
    return end(2, "The log of a cluster is read alone: files of its nodes are read together without it.");
  return answerOfLog(log, values);
};

/** `signalbox replay` */
export const runReplay = async (args: ReadonlyArray<string>): Promise<void> => {
  // Whoever reads along may have seen enough: `| head`.
  process.stdout.on("error", (error: Error & { readonly code?: string }) => {
    if (error.code === "EPIPE") process.exit();
    throw error;
  });
  try {
    await answer(args);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (error instanceof Error && code.startsWith("ERR_PARSE_ARGS"))
      end(2, `${misused(error.message, options)}\n\n${usage}`);
    if (error instanceof NameError || error instanceof NodesError || error instanceof JournalError)
      end(2, error.message);
    if (error instanceof Error && "code" in error) end(2, error.message);
    throw error;
  }
};
